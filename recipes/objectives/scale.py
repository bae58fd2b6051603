"""What a change of a style code is worth: a fixed measure, fitted to a corpus."""

from __future__ import annotations

import numpy as np
import torch
from styletalker.core.training.frames import FrameCache
from styletalker.recipes.objectives.codes import CodeCache
from torch import Tensor, nn

__all__ = ["CodeScale"]

_CLIPS = 400
"""Clips that are looked at: more change nothing."""
_RIDGE = 1e-2
"""Of the regression, relative to the codes' unit variance."""
_STILL = 1e-4
"""Channels that vary less than this part of the largest deviation count nothing: they are fixed."""


class CodeScale(nn.Module):
    """Measures differences of codes [..., L, D] as [...], about 1 for those of random frames.

    One part is the mean absolute difference of the channels, each relative to its deviation within
    clips. The other, where the corpus knows animation parameters, is the same of the parameters as
    a linear regression reads them from the codes: it weighs lips, lids and gaze like the pose,
    which else has most channels.
    """

    inverse: Tensor
    reading: Tensor

    def __init__(self, codes: CodeCache, cache: FrameCache, *, hints: float) -> None:
        """Fit it; *hints* is the weight of the parameters relative to the channels."""
        super().__init__()
        count = min(_CLIPS, codes.clips)
        found = [codes.of(clip, 0) for clip in range(count)]
        centred = np.concatenate([one - one.mean(0) for one in found]).reshape(
            sum(map(len, found)), -1
        )
        deviation = centred.std(0)
        fixed = deviation < _STILL * deviation.max()
        inverse = np.where(fixed, 0, 1 / np.where(fixed, 1, deviation))
        scale = torch.from_numpy(inverse.astype(np.float32))
        self.register_buffer("inverse", scale, persistent=False)
        self._moving = max(int((~fixed).sum()), 1)
        self._hints = hints if cache.parameter_names else 0.0
        reading = np.zeros((centred.shape[1], 0), np.float32)
        if self._hints:
            values = [cache.parameters(clip) for clip in range(count)]
            known = np.concatenate([one - one.mean(0) for one in values if one is not None])
            known = known / (known.std(0) + 1e-3)
            unit = centred * inverse
            gram = unit.T @ unit / len(unit) + _RIDGE * np.eye(unit.shape[1])
            reading = np.linalg.solve(gram, unit.T @ known / len(unit)).astype(np.float32)
        self.register_buffer("reading", torch.from_numpy(reading), persistent=False)

    def forward(self, difference: Tensor) -> Tensor:
        """How large differences of codes [..., L, D] are, [...]."""
        unit = difference.flatten(-2) * self.inverse
        size: Tensor = unit.abs().sum(-1) / self._moving
        if self._hints:
            size = size + self._hints * (unit @ self.reading).abs().mean(-1)
        return size
