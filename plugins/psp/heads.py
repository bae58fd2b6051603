"""From a map to one row of W+: what the paper calls map2style."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["MapToStyles"]

_SLOPE = 0.01
"""Of the leaky ReLU in these networks, in the paper's code."""
_START = 0.1
"""Scale of the codes of an untrained head: the first inversions are near the mean image."""


class MapToStyles(nn.Module):
    """One network per row: convolutions that halve the map until one pixel is left, and a layer.

    The rows of a map share nothing but the map. Their networks are groups of one convolution, so
    that a device computes them together.
    """

    def __init__(self, *, size: int, channels: int, rows: int, w_dim: int) -> None:
        """Make the networks of *rows* rows of W+ from maps of *size* pixels (a power of two)."""
        super().__init__()
        self.rows, self.w_dim = rows, w_dim
        layers: list[nn.Module] = []
        for step in range(size.bit_length() - 1):
            shared = step == 0  # the first sees the one map, the others what their group made
            layers += [
                nn.Conv2d(
                    channels if shared else rows * channels,
                    rows * channels,
                    3,
                    2,
                    1,
                    groups=1 if shared else rows,
                ),
                nn.LeakyReLU(_SLOPE),
            ]
        self.reduce = nn.Sequential(*layers)
        self.weight = nn.Parameter(_START * channels**-0.5 * torch.randn(rows, channels, w_dim))
        self.bias = nn.Parameter(torch.zeros(rows, w_dim))

    def forward(self, level: Tensor) -> Tensor:
        """A map [B, channels, size, size] -> rows of codes [B, rows, D]."""
        seen = self.reduce(level).reshape(len(level), self.rows, -1)  # [B, rows, channels]
        return torch.einsum("brc,rcd->brd", seen, self.weight) + self.bias
