"""Stage ``generator_samples``: look at what a generator draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from styletalker.core.interfaces.stage import Stage
from styletalker.core.media.image import write_png
from styletalker.core.run.context import StageContext
from torch import Tensor

__all__ = ["GeneratorSamples"]

_BATCH = 8
"""Images per call: keeps memory low at 1024 px."""


class GeneratorSamples(Stage):
    """Draws random images from the generator into one contact sheet, ``samples.png``."""

    outputs: ClassVar[Mapping[str, str]] = {"samples": "samples.png"}
    roles: ClassVar[tuple[str, ...]] = ("generator",)

    @torch.no_grad()
    def run(self, context: StageContext) -> None:
        """Draw, tile, write."""
        generator = context.components.get("generator").eval()
        z = torch.randn(self.config.count, generator.z_dim)  # [B, G]
        images = []
        with context.progress("images", self.config.count) as progress:
            for part in torch.split(z, _BATCH):
                ws = generator.mapping(part, truncation=self.config.truncation)  # [B, L, D]
                images.append(generator.synthesis(ws))
                progress.advance(len(part))
        sheet = tile(torch.cat(images), self.config.columns)
        write_png(context.outputs["samples"], sheet.numpy())


def tile(images: Tensor, columns: int) -> Tensor:
    """Images [B, 3, H, W] in [-1, 1] side by side, as uint8 [rows * H, columns * W, 3].

    Places left over in the last row are black.
    """
    count, channels, height, width = images.shape
    rows = -(-count // columns)
    padded = images.new_full((rows * columns, channels, height, width), -1.0)
    padded[:count] = images
    grid = padded.reshape(rows, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    grid = grid.reshape(rows * height, columns * width, channels)
    return ((grid.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
