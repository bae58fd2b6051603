"""The network that knows which lips go with which sound, from landmarks alone."""

from __future__ import annotations

import torch
from styletalker.plugins.common.log_mel import COLUMNS_PER_FRAME
from styletalker.plugins.preparation.offset.lips import MEASURES
from styletalker.plugins.preparation.offset.sound import BANDS
from torch import Tensor, nn

__all__ = ["LipMatcher", "shifted_products"]

_KERNEL = 5
"""Frames a convolution sees."""


class _Block(nn.Module):
    """A residual convolution over time, symmetric: what comes out at a frame is about it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.mix = nn.Conv1d(channels, channels, _KERNEL, padding=_KERNEL // 2)
        self.out = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, channels] to the same."""
        mixed = self.mix(self.norm(x).transpose(1, 2)).transpose(1, 2)
        grown: Tensor = x + self.out(nn.functional.gelu(mixed))
        return grown


def _tower(inputs: int, channels: int, blocks: int, outputs: int) -> nn.Sequential:
    """From *inputs* per frame to *outputs* per frame, by convolutions over time."""
    return nn.Sequential(
        nn.Linear(inputs, channels),
        *(_Block(channels) for _ in range(blocks)),
        nn.LayerNorm(channels),
        nn.Linear(channels, outputs),
    )


class LipMatcher(nn.Module):
    """Two towers whose product says how well a frame's lips go with a sound.

    The products at all shifts are log-odds of the shifts, in nats, up to a constant: they add up
    over frames, and the softmax of the sum is the probability of each shift. For the wrong sound
    the sums are nearly alike.
    """

    def __init__(self, *, channels: int = 64, blocks: int = 2, outputs: int = 32) -> None:
        """Random weights; *channels* wide, *blocks* deep, *outputs* channels in common."""
        super().__init__()
        self.lips = _tower(len(MEASURES), channels, blocks, outputs)
        self.sound = _tower(COLUMNS_PER_FRAME * BANDS, channels, blocks, outputs)
        self.scale = outputs**-0.5

    def forward(self, measures: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [B, T, E] of lips [B, T, 10], and [B, U, E] of sound [B, U, 160]."""
        return self.lips(measures) * self.scale, self.sound(columns)


def shifted_products(lips: Tensor, sound: Tensor, before: int, most: int) -> Tensor:
    """Products [B, T, 2 * most + 1] of every frame with the sound at each shift.

    Args:
        lips: [B, T, E].
        sound: [B, U, E], U > 0.
        before: frames of sound before the first frame; negative if the sound starts after it.
        most: shifts from ``-most`` to ``most``: at shift k, frame t meets sound t + before + k.

    Returns:
        NaN where there is no such sound.
    """
    frames, last = lips.shape[1], sound.shape[1] - 1
    first, end = before - most, before + most + frames - 1  # the sound that is asked for
    inside = sound[:, min(max(first, 0), last) : max(min(end, last), 0) + 1]
    short = (max(-first, 0), max(end - last, 0))
    wide = frames + 2 * most
    if short[0] >= wide or short[1] >= wide:
        return lips.new_full((len(lips), frames, 2 * most + 1), torch.nan)
    padded = nn.functional.pad(inside, (0, 0, *short), value=torch.nan)
    return torch.einsum("bte,btek->btk", lips, padded.unfold(1, 2 * most + 1, 1))
