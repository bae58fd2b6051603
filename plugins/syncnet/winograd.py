"""Convolution with fewer multiplications: Winograd's minimal filtering (arXiv 1509.09308).

m outputs of a filter with r taps take m + r - 1 multiplications instead of m r, in each direction.
Additions take the place of the rest: they are done by small matrix products, and the
multiplications by a batch of large ones. Results differ from a direct convolution by rounding
alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Scratch", "TileConvolution", "minimal_filter"]

_POINTS: dict[int, Sequence[float]] = {
    6: (0, 0.5, -0.5, 2, -2),
    7: (0, 1, -1, 0.5, -0.5, 2),
}
"""Where polynomials are evaluated, besides infinity, by m + r - 1: those of the least error found
with float32 among 0, 1, 2, 1/2 and their negatives."""

FloatArray = NDArray[np.float64]


def minimal_filter(outputs: int, taps: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Matrices A [m, n], G [n, r] and B [n, n] with y = A ((G g) * (B d)); n = m + r - 1.

    d [n] is a piece of the signal, g [r] the filter and y [m] the correlation of both
    (Cook and Toom's construction).
    """
    count = outputs + taps - 1
    points = np.array(_POINTS[count], np.float64)
    others = [np.delete(points, k) for k in range(count - 1)]
    evaluate = np.zeros((outputs, count))
    evaluate[:, :-1] = points ** np.arange(outputs)[:, None]
    evaluate[-1, -1] = 1
    scale = np.array([np.prod(point - rest) for point, rest in zip(points, others, strict=True)])
    filters = np.zeros((count, taps))
    filters[:-1] = points[:, None] ** np.arange(taps) / scale[:, None]
    filters[-1, -1] = 1
    signal = np.zeros((count, count))
    for row, rest in enumerate(others):
        signal[row, :-1] = np.poly(rest)[::-1]
    signal[-1] = np.poly(points)[::-1]
    return evaluate, filters, signal


class Scratch:
    """Memory that is used again: fresh pages cost more than what is computed in them."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._kept: dict[str, Tensor] = {}

    def __call__(self, name: str, *shape: int) -> Tensor:
        """A float32 tensor of some content, valid until *name* is asked for again."""
        size = math.prod(shape)
        if name not in self._kept or self._kept[name].numel() < size:
            self._kept[name] = torch.empty(size)
        return self._kept[name][:size].view(shape)


class TileConvolution:
    """A 2-D convolution of step 1 of pictures [N, H, W, C], without gradients; not thread-safe."""

    def __init__(self, weight: Tensor, *, tile: int = 4, scratch: Scratch | None = None) -> None:
        """With filters *weight* [K, C, r, r]; *tile* outputs at a time in each direction."""
        taps = weight.shape[-1]
        out, filters, signal = minimal_filter(tile, taps)
        self.tile, self.taps, self.count = tile, taps, tile + taps - 1
        both = torch.from_numpy(np.kron(filters, filters))  # [n n, r r]
        turned = both @ weight.double().flatten(2).permute(2, 1, 0).flatten(1)
        self.filters = torch.unflatten(turned.float(), 1, (weight.shape[1], weight.shape[0]))
        """[n n, C, K]."""
        self.inward = torch.from_numpy(np.kron(signal, signal)).float()
        self.outward = torch.from_numpy(out).float()
        self.scratch = scratch or Scratch()

    def __call__(self, pictures: Tensor, padding: int = 0) -> Tensor:
        """The convolution [N, H', W', K], with zeros around; H' = H + 2 padding - r + 1.

        The result is valid until the next call of a convolution with the same scratch memory.
        """
        height, width = (size + 2 * padding - self.taps + 1 for size in pictures.shape[1:3])
        turned = self.turn(pictures, padding)
        items, rows, columns = turned.shape[1:-1]
        product = self.scratch("product", len(turned), items * rows * columns, self.channels)
        torch.bmm(turned.flatten(1, 3), self.filters, out=product)
        found = torch.unflatten(self.back(product), 2, (items, rows, columns))
        whole = self.scratch("out", items, rows, self.tile, columns, self.tile, self.channels)
        whole.copy_(found.permute(2, 3, 0, 4, 1, 5))
        return whole.flatten(3, 4).flatten(1, 2)[:, :height, :width]

    @property
    def channels(self) -> int:
        """K."""
        return self.filters.shape[-1]

    def back(self, product: Tensor) -> Tensor:
        """Products [n n, ...] as the outputs of their tiles [tile, tile, ...]."""
        size = product[0].numel()
        rows = self.scratch("rows", self.tile, self.count * size)
        torch.mm(self.outward, product.view(self.count, -1), out=rows)
        found = self.scratch("found", self.tile, self.tile, size)
        for k, row in enumerate(rows.view(self.tile, self.count, size)):
            torch.mm(self.outward, row, out=found[k])
        return found.view(self.tile, self.tile, *product.shape[1:])

    def turn(self, pictures: Tensor, padding: int = 0) -> Tensor:
        """The pictures' tiles, transformed: [n n, N, rows, columns, C]."""
        items, *sizes, channels = pictures.shape
        tiles = [-(-(size + 2 * padding - self.taps + 1) // self.tile) for size in sizes]
        padded = [count * self.tile + self.taps - 1 for count in tiles]
        around = self.scratch("around", items, *padded, channels).zero_()
        inner = [slice(padding, padding + size) for size in sizes]
        around[:, inner[0], inner[1]] = pictures
        pieces = self.scratch("pieces", self.count**2, items, *tiles, channels)
        for k in range(self.count**2):
            row, column = divmod(k, self.count)
            rows = slice(row, row + self.tile * (tiles[0] - 1) + 1, self.tile)
            columns = slice(column, column + self.tile * (tiles[1] - 1) + 1, self.tile)
            pieces[k] = around[:, rows, columns]
        turned = self.scratch("turned", *pieces.shape)
        torch.mm(self.inward, pieces.flatten(1), out=turned.flatten(1))
        return turned
