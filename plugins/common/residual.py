"""A residual block of convolutions for images and spectrograms, without batch statistics."""

from __future__ import annotations

import itertools

from torch import Tensor, nn

__all__ = ["ResidualBlock", "flat_head", "group_norm", "halved", "image_network"]

_MOST_GROUPS = 8
"""Groups of a norm; each keeps at least two channels, so that no bias is normalised away."""

_WIDEST = 8
"""Deeper layers have at most this many times the channels of the first."""
_LAST = 4
"""Pixels a side before the linear layer: it keeps where in the picture something was seen."""


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation (arXiv 1803.08494): the same for one image and for a batch."""
    fitting = [n for n in range(1, _MOST_GROUPS + 1) if channels % n == 0 and channels // n >= 2]
    return nn.GroupNorm(fitting[-1] if fitting else 1, channels)


def halved(size: int, times: int) -> int:
    """What is left of *size* pixels after this many steps of two: each rounds up."""
    return -(-size // (1 << times))


class ResidualBlock(nn.Module):
    """Norm, SiLU, convolution, twice, beside a 1x1 convolution (arXiv 1603.05027)."""

    def __init__(self, inputs: int, outputs: int, stride: int | tuple[int, int] = 1) -> None:
        super().__init__()
        self.first = nn.Sequential(
            group_norm(inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        )
        self.second = nn.Sequential(
            group_norm(outputs), nn.SiLU(), nn.Conv2d(outputs, outputs, 3, 1, 1)
        )
        self.skip = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features [..., H, W] -> the same, fewer by the stride (rounded up)."""
        residual: Tensor = self.second(self.first(features))
        skipped: Tensor = self.skip(features)
        return residual + skipped


def flat_head(channels: int, rows: int, columns: int, outputs: int) -> nn.Sequential:
    """Features [..., channels, rows, columns] -> [..., outputs]."""
    return nn.Sequential(
        group_norm(channels),
        nn.SiLU(),
        nn.Flatten(),
        nn.Linear(channels * rows * columns, outputs),
    )


def image_network(*, inputs: int, size: int, channels: int, outputs: int) -> nn.Sequential:
    """Pictures [..., inputs, size, size] -> [..., outputs]; *size* is a power of two from 8 on."""
    steps = (size // _LAST).bit_length() - 1  # halvings down to 4 pixels
    widths = [channels * min(1 << step, _WIDEST) for step in range(steps)]
    stem = nn.Conv2d(inputs, channels, 5, 2, 2, bias=False)
    blocks = [ResidualBlock(a, b, 2) for a, b in itertools.pairwise(widths)]
    return nn.Sequential(stem, *blocks, flat_head(widths[-1], _LAST, _LAST, outputs))
