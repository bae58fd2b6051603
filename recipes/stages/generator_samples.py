"""Stage ``generator_samples``: look at what a generator draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.stage import Stage
from styletalker.core.media.image import write_png
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import GeneratorSamplesConfig

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GeneratorSamples", "tile"]

_BATCH = 8
"""Images per call: keeps memory low at 1024 px."""


class GeneratorSamples(Stage):
    """Draws random images from the generator into one contact sheet, ``samples.png``."""

    config: GeneratorSamplesConfig
    outputs: ClassVar[Mapping[str, str]] = {"samples": "samples.png"}
    roles: ClassVar[tuple[str, ...]] = ("generator",)

    def run(self, context: StageContext) -> None:
        """Draw, tile, write."""
        import torch

        generator = context.components.get("generator").eval()
        z = torch.randn(self.config.count, generator.z_dim)  # [B, G]
        images = []
        with torch.no_grad(), context.progress("images", self.config.count) as progress:
            for part in torch.split(z, _BATCH):
                ws = generator.mapping(part, truncation=self.config.truncation)  # [B, L, D]
                images.append(_to_bytes(generator.synthesis(ws)))
                progress.advance(len(part))
        sheet = tile(np.concatenate(images), self.config.columns)
        write_png(context.outputs["samples"], sheet)


def tile(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images [B, H, W, 3] side by side, [rows * H, columns * W, 3].

    Places left over in the last row are black.
    """
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width, channels), np.uint8)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, channels)


def _to_bytes(images: Tensor) -> NDArray[np.uint8]:
    """Images [B, 3, H, W] in [-1, 1] as bytes [B, H, W, 3]."""
    levels = ((images.float().clamp(-1, 1) + 1) * 127.5).round()
    bytes_: NDArray[np.uint8] = levels.permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8)
    return bytes_
