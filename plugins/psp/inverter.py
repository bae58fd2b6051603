"""The inverter ``psp``."""

from __future__ import annotations

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.plugins.psp.backbone import FeaturePyramid
from styletalker.plugins.psp.config import PSPConfig
from styletalker.plugins.psp.heads import MapToStyles
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["PSP"]

_STRIDES = (16, 8, 4)
"""Pixels of the image per pixel of the coarse, the middle and the fine map, as in the paper."""
_LEAST = 32
"""Smallest image, in pixels a side: the coarse map is then 2 x 2."""


class PSP(Inverter):
    """Pixel2style2pixel (arXiv 2008.00951): codes are the generator's mean plus what is seen.

    The coarse map gives the first rows of W+, the middle one the next, the fine one the others.
    """

    config: PSPConfig
    trainable = True

    def __init__(self, config: PSPConfig, *, resolution: int, num_ws: int, w_dim: int) -> None:
        if resolution < _LEAST:
            raise InputError(
                compose(
                    "the generator's images are too small for psp",
                    expected=f"a resolution of at least {_LEAST}",
                    given=resolution,
                )
            )
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        rows = _rows(num_ws, config.coarse, config.medium)
        # The largest power of two: the networks behind halve their maps down to one pixel.
        self.size = 1 << (min(resolution, config.most_pixels).bit_length() - 1)
        self.pyramid = FeaturePyramid(
            widths=config.widths,
            blocks=config.blocks,
            channels=config.pyramid_channels,
            levels=max(level for level, count in enumerate(rows) if count) + 1,
        )
        self.heads = nn.ModuleDict(
            {
                str(level): MapToStyles(
                    size=self.size // _STRIDES[level],
                    channels=config.pyramid_channels,
                    rows=count,
                    w_dim=w_dim,
                )
                for level, count in enumerate(rows)
                if count
            }
        )

    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        """Codes [B, L, D] of images [B, 3, H, W], and the generator that was given."""
        size = self.resolution
        check_shape("images", images, "B 3 H W", H=size, W=size)
        mean = generator.mean_ws().detach()  # the generator learns nothing from here
        check_shape("the generator's mean_ws()", mean, "L D", L=self.num_ws, D=self.w_dim)
        maps = self.pyramid(self._reduced(images))
        seen = torch.cat([head(maps[int(level)]) for level, head in self.heads.items()], 1)
        ws = mean.to(images) + seen.to(images.dtype)
        return Inversion(ws=ws, generator=generator)

    def _reduced(self, images: Tensor) -> Tensor:
        """Images at the size the network works at, in the parameters' precision."""
        dtype = self.pyramid.stem.weight.dtype
        if images.shape[-1] == self.size:
            return images.to(dtype)
        target = (self.size, self.size)
        reduced = functional.interpolate(images.float(), target, mode="bilinear", antialias=True)
        return reduced.to(dtype)


def _rows(total: int, coarse: int, medium: int) -> tuple[int, int, int]:
    """How many rows of W+ each map gives; generators with few layers leave the finer ones out."""
    first = min(coarse, total)
    second = min(medium, total - first)
    return first, second, total - first - second
