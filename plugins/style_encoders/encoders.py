"""From an image to rows of W+: what pSp, e4e and ReStyle train.

All have the IR-SE50 as backbone and differ in what they read codes off (arXiv 2008.00951,
section 3.1; 2102.02766, section 4.1; 2104.02699, section 3.2). Tensors have the public names.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from styletalker.plugins.common.ir_se50 import FaceBackbone
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["MapsEncoder", "VectorEncoder"]

_SLOPE = 0.01
"""Of the leaky ReLU in these networks."""
_COARSE, _MIDDLE = 3, 7
"""Rows below the first are read off the coarse map, below the second off the middle one."""
_POOLED = 7
"""The last map is pooled to this many pixels a side before it becomes one vector."""


class MapToStyle(nn.Module):
    """From a map to one row: convolutions that halve it until one pixel is left, and a layer."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        """Make one for maps of *size* pixels a side, a power of two."""
        super().__init__()
        layers: list[nn.Module] = []
        for step in range(size.bit_length() - 1):
            layers += [
                nn.Conv2d(outputs if step else inputs, outputs, 3, 2, 1),
                nn.LeakyReLU(_SLOPE),
            ]
        self.convs = nn.Sequential(*layers)
        self.linear = EqualisedLinear(outputs, outputs)

    def forward(self, level: Tensor) -> Tensor:
        """A map [B, inputs, size, size] -> a row [B, outputs]."""
        row: Tensor = self.linear(self.convs(level).flatten(1))
        return row


class MapsEncoder(FaceBackbone):
    """One small network per row, on the last map or on a pyramid of three.

    If rows are offsets, the first is a code for all layers, and each other one is added to it.
    """

    def __init__(
        self,
        *,
        rows: int,
        w_dim: int,
        pixels: int,
        width: int,
        blocks: Sequence[int],
        inputs: int = 3,
        pyramid: bool = True,
        offsets: bool = False,
    ) -> None:
        """Make one for images of *pixels* a side and codes [B, rows, w_dim]."""
        super().__init__(width=width, blocks=blocks, inputs=inputs)
        self.pyramid, self.offsets = pyramid, offsets
        last = 8 * width
        sizes = [pixels // (16, 8, 4)[self._level(row)] for row in range(rows)]
        self.styles = nn.ModuleList(MapToStyle(last, w_dim, size) for size in sizes)
        if pyramid and rows > _COARSE:
            self.latlayer1 = nn.Conv2d(4 * width, last, 1)
        if pyramid and rows > _MIDDLE:
            self.latlayer2 = nn.Conv2d(2 * width, last, 1)

    def forward(self, images: Tensor, stage: int | None = None) -> Tensor:
        """Codes [B, L, D] of images [B, inputs, pixels, pixels].

        Args:
            images: what is seen, in [-1, 1].
            stage: last row that gets its offset, if rows are offsets; None for all.
        """
        maps = self._maps(self.stages(images))
        last = len(self.styles) - 1
        rows = [
            style(maps[self._level(row)])
            for row, style in enumerate(self.styles)
            if not self.offsets or row <= (last if stage is None else stage) or row == 0
        ]
        if self.offsets:
            first = rows[0]
            rows = [first, *(first + offset for offset in rows[1:])]
            rows += [first] * (last + 1 - len(rows))
        return torch.stack(rows, 1)

    def _level(self, row: int) -> int:
        """Which map a row is read off, 0 for the coarsest."""
        return (row >= _COARSE) + (row >= _MIDDLE) if self.pyramid else 0

    def _maps(self, stages: list[Tensor]) -> list[Tensor]:
        """The maps rows are read off, coarse first; each knows of the coarser ones."""
        maps = [stages[3]]
        for name, found in (("latlayer1", stages[2]), ("latlayer2", stages[1])):
            if hasattr(self, name):
                beside: Tensor = getattr(self, name)(found)
                above = functional.interpolate(
                    maps[-1], beside.shape[-2:], mode="bilinear", align_corners=True
                )
                maps.append(above + beside)
        return maps


class VectorEncoder(FaceBackbone):
    """The last map becomes one vector: one code for all layers, or all rows at once."""

    def __init__(
        self,
        *,
        rows: int,
        w_dim: int,
        width: int,
        blocks: Sequence[int],
        inputs: int = 3,
        one_code: bool = True,
    ) -> None:
        """Make one for codes [B, rows, w_dim]."""
        super().__init__(width=width, blocks=blocks, inputs=inputs)
        self.rows, self.one_code = rows, one_code
        last = 8 * width
        if not one_code:
            self.output_layer_2 = nn.Sequential(
                nn.BatchNorm2d(last),
                nn.AdaptiveAvgPool2d(_POOLED),
                nn.Flatten(),
                nn.Linear(last * _POOLED**2, last),
            )
        self.linear = EqualisedLinear(last, w_dim if one_code else w_dim * rows)

    def forward(self, images: Tensor, stage: int | None = None) -> Tensor:  # noqa: ARG002
        """Codes [B, L, D] of images [B, inputs, H, W] in [-1, 1]; there are no stages."""
        found = self.stages(images)[-1]
        if self.one_code:
            code: Tensor = self.linear(found.mean((2, 3)))
            return code[:, None].repeat(1, self.rows, 1)
        every: Tensor = self.linear(self.output_layer_2(found))
        return torch.unflatten(every, 1, (self.rows, -1))
