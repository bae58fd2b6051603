"""Parts of losses on pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["FEATURES", "edges", "near", "shrunk"]

FEATURES = slice(36, 68)
"""Eyes and lips among the 68 landmarks (iBUG order)."""
_COARSE = 4
"""Pixels of the picture per pixel of a coarse map, a side."""
_RADIUS = 0.04
"""How far around a landmark a picture counts as near, as a part of its width."""


def near(points: Tensor, size: int) -> Tensor:
    """How near each pixel is to the nearest of some points, 1 at a point, [N, 1, size, size].

    Args:
        points: [N, K, 2] in pixels, x and y.
        size: height and width of the picture.
    """
    line = (torch.arange(size // _COARSE, device=points.device) + 0.5) * _COARSE
    across = (line - points[..., 0, None]).square()  # [N, K, size / 4]
    down = (line - points[..., 1, None]).square()
    distance = (down[..., :, None] + across[..., None, :]).amin(1)  # [N, size / 4, size / 4]
    value = torch.exp(distance / (-2 * (_RADIUS * size) ** 2))[:, None]
    return functional.interpolate(value, (size, size), mode="bilinear", align_corners=False)


def shrunk(images: Tensor) -> Tensor:
    """Images [N, C, H, W] at a quarter of the size."""
    return functional.avg_pool2d(images, _COARSE)


def edges(difference: Tensor, weights: Tensor) -> Tensor:
    """Mean absolute slope of a difference [N, C, H, W] of pictures, both directions added."""
    across = (difference[..., 1:] - difference[..., :-1]).abs()
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs()
    return (weights[..., 1:] * across).mean() + (weights[..., 1:, :] * down).mean()
