"""From a network's steps of 20 ms to video frames: which samples belong to which frame."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

__all__ = ["FPS", "FRAME", "SAMPLE_RATE", "Steps"]

SAMPLE_RATE = 16000
"""Hz."""
FPS = 25
"""Video frames per second."""
FRAME = SAMPLE_RATE // FPS
"""Samples per video frame: 640."""


@attrs.frozen(kw_only=True)
class Steps:
    """Where the steps of a stack of convolutions without padding are in time.

    Step n sees the samples [n * stride, n * stride + reach).
    """

    stride: int
    """Samples from one step to the next: 320 in all published models."""
    reach: int
    """Samples that a step sees: 400 in all published models."""

    @classmethod
    def of(cls, kernels: Sequence[int], strides: Sequence[int]) -> Steps:
        """The steps of convolutions with these *kernels* and *strides*, first to last."""
        reach, stride = 1, 1
        for kernel, step in zip(kernels, strides, strict=True):
            reach += (kernel - 1) * stride
            stride *= step
        return cls(stride=stride, reach=reach)

    def at_frames(self, steps: Tensor, first: int, count: int) -> Tensor:
        """Values [B, count, A] at the middles of video frames, from those of steps [B, N, A].

        The two steps whose middles are around the middle of a frame are mixed linearly: 320 and 400
        samples give 0.625 of step 2t and 0.375 of step 2t + 1. A step that is not there is replaced
        by the nearest.

        Args:
            steps: of a window that begins where frame 0 begins.
            first: the first frame that is wanted.
            count: how many are.
        """
        frames = torch.arange(first, first + count, device=steps.device, dtype=torch.float64)
        places = (frames * FRAME + (FRAME - self.reach) / 2) / self.stride
        last = steps.shape[1] - 1
        places = places.clamp(0, last)
        before = places.floor().long()
        after = (before + 1).clamp(max=last)
        share = (places - before).to(steps.dtype)[:, None]
        return steps[:, before] * (1 - share) + steps[:, after] * share
