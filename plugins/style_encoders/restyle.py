"""The inverter ``restyle``."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import torch
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.plugins.style_encoders.base import EncoderInverter, resized
from styletalker.plugins.style_encoders.config import ReStyleConfig
from styletalker.plugins.style_encoders.encoders import MapsEncoder
from torch import Tensor

__all__ = ["Correction", "ReStyle"]


@attrs.frozen(kw_only=True, eq=False)
class Correction:
    """One step: the codes after it, and their image."""

    ws: Tensor
    """Codes [B, L, D]."""
    images: Tensor
    """What the generator makes of them [B, 3, H, W]."""


class ReStyle(EncoderInverter):
    """Iterative refinement (arXiv 2104.02699): an encoder that sees its last result beside.

    The first step starts at the mean code and its image. Each step adds what the encoder says to
    the codes. Gradients go through the last step alone, as in the paper's training.
    """

    config: ReStyleConfig

    def __init__(self, config: ReStyleConfig, *, resolution: int, num_ws: int, w_dim: int) -> None:
        """Build it; weights are random."""
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        if config.start == "zero":
            fix = "Choose generator or own."
            raise InputError(
                compose("restyle starts at a mean code; start must not be zero", fix=fix)
            )
        self.encoder = MapsEncoder(
            rows=num_ws,
            w_dim=w_dim,
            pixels=config.pixels,
            width=config.width,
            blocks=config.blocks,
            inputs=6,
            pyramid=config.maps == "pyramid",
            offsets=config.rows == "e4e",
        )

    def encode(self, images: Tensor, generator: Generator | None = None) -> Tensor:
        """Codes [B, L, D] of images [B, 3, pixels, pixels] after all steps.

        Raises:
            InputError: no generator was given, without which nothing can be refined.
        """
        if generator is None:
            raise InputError(compose("restyle needs a generator", fix="Give it to encode()."))
        *_, last = self.codes(images, generator)
        return last

    def average_image(self, generator: Generator) -> Tensor:
        """The image [1, 3, pixels, pixels] that the first step sees beside the given one."""
        return resized(_drawn(generator, self._start(generator)[None]), self.config.pixels)

    def codes(self, images: Tensor, generator: Generator) -> Iterator[Tensor]:
        """Codes [B, L, D] after each step; the generator is called between steps alone."""
        ws = self._start(generator).expand(len(images), -1, -1)
        seen = self.average_image(generator).expand(len(images), -1, -1, -1)
        for step in range(self.config.steps):
            if step:
                ws = ws.detach()
                seen = resized(_drawn(generator, ws), self.config.pixels)
            ws = self.encoder(torch.cat([images, seen.to(images)], 1)) + ws
            yield ws

    def refine(self, images: Tensor, generator: Generator) -> Iterator[Correction]:
        """Codes and their images after each step, of images [B, 3, pixels, pixels]."""
        for ws in self.codes(images, generator):
            yield Correction(ws=ws, images=_drawn(generator, ws.detach()))

    def _start(self, generator: Generator) -> Tensor:
        start = self.start_of(generator)
        assert start is not None  # refused in __init__
        return start.to(self.latent_avg)


@torch.no_grad()
def _drawn(generator: Generator, ws: Tensor) -> Tensor:
    """Images of codes; the generator stays as it is."""
    return generator.synthesis(ws, noise="const")
