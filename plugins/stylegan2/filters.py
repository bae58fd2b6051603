"""Resampling without compiled extensions: a binomial filter as ordinary convolutions.

StyleGAN (arXiv 1812.04948, section 2) blurs wherever it resamples, with [1, 3, 3, 1]. The filter
is symmetric, so there is no question of flipping it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["blur", "double", "doubling_filter"]

_TAPS = (1.0, 3.0, 3.0, 1.0)


def doubling_filter() -> Tensor:
    """The filter [4, 4] for doubling: of sum 4, because three of four pixels are zeros first."""
    taps = torch.tensor(_TAPS)
    both = torch.outer(taps, taps)
    return both * (4 / both.sum())


def blur(features: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Features [B, C, H + 1, W + 1] -> [B, C, H, W], each channel by itself; adds a bias [C].

    What a transposed convolution of 3 x 3 and stride 2 gives is one row and column too large:
    padding by one on each side, four taps take three away.
    """
    channels = features.shape[1]
    weight = kernel.to(features.dtype).expand(channels, 1, 4, 4)
    return functional.conv2d(features, weight, bias, padding=1, groups=channels)


def double(images: Tensor, kernel: Tensor) -> Tensor:
    """Images [B, C, H, W] -> [B, C, 2 H, 2 W]: zeros in between, then the filter."""
    channels = images.shape[1]
    weight = kernel.to(images.dtype).expand(channels, 1, 4, 4)
    return functional.conv_transpose2d(images, weight, stride=2, padding=1, groups=channels)
