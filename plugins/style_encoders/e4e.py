"""The inverter ``e4e``."""

from __future__ import annotations

from styletalker.core.interfaces.generator import Generator
from styletalker.plugins.style_encoders.base import EncoderInverter
from styletalker.plugins.style_encoders.config import E4EConfig
from styletalker.plugins.style_encoders.encoders import MapsEncoder, VectorEncoder
from torch import Tensor

__all__ = ["E4E"]


class E4E(EncoderInverter):
    """Encoder for editing (arXiv 2102.02766): codes near W, a first row and small offsets.

    What trains it for that (a latent discriminator, a penalty on the offsets) is the stage's
    matter; ``config.stage`` says how many offsets there are so far.
    """

    config: E4EConfig

    def __init__(self, config: E4EConfig, *, resolution: int, num_ws: int, w_dim: int) -> None:
        """Build it; weights are random."""
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        if config.encoder == "progressive":
            self.encoder = MapsEncoder(
                rows=num_ws,
                w_dim=w_dim,
                pixels=config.pixels,
                width=config.width,
                blocks=config.blocks,
                offsets=True,
            )
        else:
            self.encoder = VectorEncoder(
                rows=num_ws, w_dim=w_dim, width=config.width, blocks=config.blocks
            )

    def encode(self, images: Tensor, generator: Generator | None = None) -> Tensor:
        """Codes [B, L, D] of images [B, 3, pixels, pixels], with offsets up to the stage."""
        codes: Tensor = self.encoder(images, self.config.stage)
        start = self.start_of(generator)
        return codes if start is None else codes + start.to(codes)
