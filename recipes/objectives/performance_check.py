"""How well the lips of a trained talker follow the speech of people it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.interfaces.generator import Parametric
from styletalker.recipes.objectives.performances import PerformanceCache

__all__ = ["LipErrors", "deviation_of", "lip_errors"]

_CLIPS = 400
"""Clips whose spread is measured: more change nothing."""
_CHECKED = 64
"""Clips that are spoken again for the check."""


def deviation_of(cache: PerformanceCache, generator: Parametric) -> NDArray[np.float32]:
    """Standard deviation of each channel [L, D] within clips."""
    codes = [_codes(cache, clip, generator) for clip in range(min(_CLIPS, cache.clips))]
    centred = np.concatenate([one - one.mean(0) for one in codes])
    return np.asarray(centred.std(0), np.float32)


@attrs.frozen(kw_only=True)
class LipErrors:
    """Figures over the frames of the clips that were checked."""

    correlation: float
    """Pearson r between said and true lip channels, mean over channels that vary."""
    error: float
    """Mean absolute error of those channels, in their units."""

    def said(self) -> str:
        """In words."""
        return f"lips r {self.correlation:.3f}, mean error {self.error:.3f}"

    def figures(self) -> dict[str, float]:
        """For the record."""
        return {"unseen_lip_correlation": self.correlation, "unseen_lip_error": self.error}


@torch.no_grad()
def lip_errors(
    cache: PerformanceCache,
    generator: Parametric,
    modules: Mapping[str, Any],
    lips: NDArray[np.bool_],
) -> LipErrors:
    """Let the talker say what others said, without motion, and compare the channels *lips*.

    Args:
        cache: performances of people the talker did not learn from.
        generator: says what the channels mean.
        modules: ``audio_encoder`` and ``motion_vae``, in evaluation mode or not.
        lips: bool [L, D].
    """
    encoder, vae = modules["audio_encoder"], modules["motion_vae"]
    said, true = [], []
    ws_ref = torch.from_numpy(generator.rest_code())[None]
    for clip in range(min(_CHECKED, cache.clips)):
        sound = torch.from_numpy(cache.waveform(clip))[None]
        audio = encoder(sound)
        still = audio.new_zeros(1, audio.shape[1], vae.motion_dim)
        said.append(vae.decode(still, audio, ws_ref).ws[0].numpy()[:, lips])
        true.append(_codes(cache, clip, generator)[:, lips])
    one, other = np.concatenate(said), np.concatenate(true)
    moving = other.std(0) > 1e-3
    one, other = one[:, moving], other[:, moving]
    pairs = [np.corrcoef(one[:, i], other[:, i])[0, 1] for i in range(one.shape[1])]
    return LipErrors(correlation=float(np.mean(pairs)), error=float(np.abs(one - other).mean()))


def _codes(cache: PerformanceCache, clip: int, generator: Parametric) -> NDArray[np.float32]:
    return generator.codes_of(cache.parameters(clip), cache.parameter_names)
