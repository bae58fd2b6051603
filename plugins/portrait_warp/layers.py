"""Layers of the generator: convolutions under a style, and moving a map along a flow."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["StyledConv", "doubled", "moved", "places"]

_SLOPE = 0.2
_EPSILON = 1e-6


class StyledConv(nn.Module):
    """Modulated 3 x 3 convolution with demodulation, bias and leaky ReLU (arXiv 1912.04958, 2.2).

    Features are scaled instead of weights, so that one convolution serves the whole batch.
    """

    def __init__(self, inputs: int, outputs: int, *, code: int, doubles: bool = False) -> None:
        super().__init__()
        self.doubles = doubles
        size = 4 if doubles else 3
        self.affine = nn.Linear(code, inputs)
        self.weight = nn.Parameter(
            torch.randn(outputs, inputs, size, size) * ((4 if doubles else 9) * inputs) ** -0.5
        )
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, features: Tensor, code: Tensor) -> Tensor:
        """Features [B, inputs, H, W] under a code [B, code] -> [B, outputs, H, W]."""
        styles = 1 + self.affine(code)  # [B, inputs]
        power = self.weight.square().sum((2, 3))  # [outputs, inputs]
        scale = torch.rsqrt(styles.square() @ power.T + _EPSILON)  # [B, outputs]
        features = features * styles[:, :, None, None]
        if self.doubles:
            weight = self.weight.transpose(0, 1)
            features = functional.conv_transpose2d(features, weight, stride=2, padding=1)
        else:
            features = functional.conv2d(features, self.weight, padding=1)
        features = torch.addcmul(
            self.bias[:, None, None], features, scale[:, :, None, None] * 2**0.5
        )
        return functional.leaky_relu_(features, _SLOPE)


def doubled(features: Tensor) -> Tensor:
    """Features [B, C, H, W] at twice the size, bilinear."""
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


def places(size: int, like: Tensor) -> Tensor:
    """The centre of each pixel [1, 2, size, size], x and y, in [-1, 1] from edge to edge."""
    line = (torch.arange(size, device=like.device, dtype=like.dtype) + 0.5) * (2 / size) - 1
    return torch.stack(torch.meshgrid(line, line, indexing="xy"))[None]


def moved(features: Tensor, flow: Tensor) -> Tensor:
    """What is found where a flow points.

    Args:
        features: [B, C, H, W].
        flow: [B, 2, h, w]: for each pixel of the result how far away its source lies, x and y;
            2 is the whole width.

    Returns:
        [B, C, h, w]; beyond the edge the edge goes on.
    """
    grid = (places(flow.shape[-1], flow) + flow).movedim(1, -1)
    return functional.grid_sample(
        features, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
