"""What the inverters of this plug-in share: sizes of images and where codes start."""

from __future__ import annotations

import torch
from styletalker.core.checks import check_shape
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.plugins.style_encoders.config import EncoderConfig
from styletalker.plugins.style_encoders.encoders import MapsEncoder, VectorEncoder
from torch import Tensor
from torch.nn import functional

__all__ = ["EncoderInverter", "resized"]


class EncoderInverter(Inverter, abstract=True):
    """An inverter whose network is a :class:`MapsEncoder` or a :class:`VectorEncoder`.

    Images are brought to the network's size by averaging areas (smaller ones are enlarged by
    repeating pixels), as the public implementations do with generated images.
    """

    config: EncoderConfig
    encoder: MapsEncoder | VectorEncoder
    latent_avg: Tensor
    """The mean code [L, D] that public weights bring; zeros otherwise."""
    trainable = True

    def __init__(self, config: EncoderConfig, *, resolution: int, num_ws: int, w_dim: int) -> None:
        """Make the buffer of the mean code; a subclass makes the encoder."""
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        self.register_buffer("latent_avg", torch.zeros(num_ws, w_dim))

    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        """Codes [B, L, D] of images [B, 3, H, W], and the generator that was given."""
        size = self.resolution
        check_shape("images", images, "B 3 H W", H=size, W=size)
        seen = resized(images.to(self.latent_avg.dtype), self.config.pixels)
        ws = self.encode(seen, generator)
        return Inversion(ws=ws.to(images.dtype), generator=generator)

    def encode(self, images: Tensor, generator: Generator | None = None) -> Tensor:
        """Codes [B, L, D] of images [B, 3, pixels, pixels] at the network's own size.

        Args:
            images: in [-1, 1], RGB.
            generator: whose mean code is added, if the option ``start`` says so.
        """
        codes: Tensor = self.encoder(images)
        start = self.start_of(generator)
        return codes if start is None else codes + start.to(codes)

    def start_of(self, generator: Generator | None) -> Tensor | None:
        """The code [L, D] that is added, or None; the generator learns nothing from it."""
        if self.config.start == "zero":
            return None
        if self.config.start == "own" or generator is None:
            return self.latent_avg
        mean = generator.mean_ws().detach()
        check_shape("the generator's mean_ws()", mean, "L D", L=self.num_ws, D=self.w_dim)
        return mean


def resized(images: Tensor, pixels: int) -> Tensor:
    """Images [B, 3, H, W] at *pixels* a side, by averaging areas."""
    if images.shape[-2:] == (pixels, pixels):
        return images
    return functional.adaptive_avg_pool2d(images, pixels)
