"""A learned temperature that cannot run away."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["Temperature"]

_LOWEST, _HIGHEST = 0.01, 0.5
"""CLIP (arXiv 2103.00020, section 2.5) stops at 0.01, below which training was unstable; at 0.5
the loss can hardly fall below chance."""
_START = 0.07
"""Where CLIP and MoCo (arXiv 1911.05722) start."""


class Temperature(nn.Module):
    """One parameter, through a sigmoid between the bounds on a logarithmic scale.

    CLIP clips the parameter instead, and then its gradient vanishes at the bound.
    """

    def __init__(self) -> None:
        super().__init__()
        share = math.log(_START / _LOWEST) / math.log(_HIGHEST / _LOWEST)
        self.raw = nn.Parameter(torch.tensor(math.log(share / (1 - share))))

    def forward(self) -> Tensor:
        """The temperature: a scalar from 0.01 to 0.5."""
        return _LOWEST * (_HIGHEST / _LOWEST) ** torch.sigmoid(self.raw)
