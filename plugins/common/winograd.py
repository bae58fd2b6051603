"""3 x 3 convolutions with a quarter of the multiplications, for inference on a CPU.

Winograd's minimal filtering in the form of Lavin and Gray (arXiv 1509.09308): 4 x 4 results of a
tile of 6 x 6 take 36 products per pair of channels instead of 144. Transforms of tiles and
kernels are sums; they cost little where there are many channels. The products are one batched
matrix product. Rounding grows with the points at which polynomials are evaluated: these were chosen
for small matrices, and the error stays within some units in the last place of a sum.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["conv3x3", "pays", "winograd3x3"]

_POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)
"""Where polynomials are evaluated, besides infinity."""
_RESULTS, _TAPS = 4, 3
_TILE = _RESULTS + _TAPS - 1
_FEW_CHANNELS = 96
"""With fewer, transforms cost more than products save."""
_SMALL = 16
"""Smaller maps have too few tiles for that, and their tiles reach far over the edge."""


def conv3x3(features: Tensor, weight: Tensor, padding: int) -> Tensor:
    """``conv2d`` of features [B, C, H, W] with a weight [O, C, k, k], the faster way.

    The two ways differ by rounding: by less than 1e-5 of the largest result.
    """
    if pays(features, weight):
        return winograd3x3(features, weight, padding)
    return functional.conv2d(features, weight, padding=padding)


def pays(features: Tensor, weight: Tensor) -> bool:
    """Whether the short way is the faster one: on a CPU, in float32, with nothing to train."""
    outputs, inputs, height, width = weight.shape
    return (
        height == width == _TAPS
        and min(outputs, inputs) >= _FEW_CHANNELS
        and min(features.shape[2:]) >= _SMALL
        and features.device.type == "cpu"
        and features.dtype == weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and not (torch.is_grad_enabled() and (features.requires_grad or weight.requires_grad))
        and not torch.compiler.is_compiling()
    )


def winograd3x3(features: Tensor, weight: Tensor, padding: int) -> Tensor:
    """``conv2d`` of features [B, C, H, W] with a weight [O, C, 3, 3] and zeros around.

    The result has channels last in memory.
    """
    batch, channels, height, width = features.shape
    outputs = weight.shape[0]
    sizes = (height + 2 * padding - _TAPS + 1, width + 2 * padding - _TAPS + 1)
    rows, columns = (-(-size // _RESULTS) for size in sizes)
    tiles, kernels, results = (part.to(features) for part in _transforms())
    below = rows * _RESULTS + _TAPS - 1 - height - padding
    right = columns * _RESULTS + _TAPS - 1 - width - padding
    last = functional.pad(features.permute(0, 2, 3, 1), (0, 0, padding, right, padding, below))
    last = last.contiguous()
    whole, line = last[0].numel(), last[0, 0].numel()
    cut = last.as_strided(
        (_TILE, _TILE, batch, rows, columns, channels),
        (line, channels, whole, _RESULTS * line, _RESULTS * channels, 1),
    )
    seen = tiles @ cut.reshape(_TILE**2, -1)  # [36, B * tiles * C]
    # [36, O, C]: transposed operands of a matrix product need no copy.
    taps = (kernels @ weight.reshape(-1, _TAPS**2).T).view(_TILE**2, outputs, channels)
    products = torch.bmm(seen.view(_TILE**2, -1, channels), taps.transpose(1, 2))
    found = results @ products.view(_TILE**2, -1)  # [16, B * tiles * O]
    found = found.view(_RESULTS, _RESULTS, batch, rows, columns, outputs)
    found = found.permute(2, 3, 0, 4, 1, 5).reshape(
        batch, rows * _RESULTS, columns * _RESULTS, outputs
    )
    return found[:, : sizes[0], : sizes[1]].permute(0, 3, 1, 2)


@functools.cache
def _transforms() -> tuple[Tensor, Tensor, Tensor]:
    """Matrices of a tile [36, 36], of a kernel [36, 9] and of the results [16, 36], in float64.

    A short correlation is a product of polynomials, transposed: evaluate at the points, multiply,
    interpolate (Toom and Cook).
    """
    count = len(_POINTS)
    tile, kernel, result = (np.zeros((_TILE, size)) for size in (_TILE, _TAPS, _RESULTS))
    for row, point in enumerate(_POINTS):
        others = [other for other in _POINTS if other != point]
        tile[row, :count] = np.polynomial.polynomial.polyfromroots(others)
        scale = np.prod([point - other for other in others])
        kernel[row] = point ** np.arange(_TAPS) / scale
        result[row] = point ** np.arange(_RESULTS)
    tile[-1] = np.polynomial.polynomial.polyfromroots(_POINTS)
    kernel[-1, -1] = result[-1, -1] = 1
    both = [torch.from_numpy(np.kron(one, one)) for one in (tile, kernel, result.T)]
    return both[0], both[1], both[2]
