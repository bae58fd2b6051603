"""The generator ``stylegan2``."""

from __future__ import annotations

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import NoiseMode
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.style_based import StyleBasedGenerator, check_noise
from styletalker.plugins.stylegan2.synthesis import SynthesisNetwork
from torch import Tensor

__all__ = ["StyleGAN2"]


class StyleGAN2(StyleBasedGenerator):
    """Mapping and synthesis networks of StyleGAN2 (arXiv 1912.04958), with or without labels.

    The numbers are those of the public implementation, and public weights fit: see
    :mod:`styletalker.plugins.stylegan2.public`.
    """

    config: StyleGAN2Config

    def __init__(self, config: StyleGAN2Config) -> None:
        """Build it; weights are random."""
        super().__init__(config)
        self.synthesis_network = SynthesisNetwork(config)

    @property
    def num_ws(self) -> int:
        """Layers L: 2 log2(resolution) - 2."""
        return self.synthesis_network.num_ws

    def mix(self, ws: Tensor, other: Tensor, layer: int) -> Tensor:
        """Style mixing: rows below *layer* of codes [B, L, D], the others of *other* [B, L, D]."""
        for name, value in (("ws", ws), ("other", other)):
            check_shape(name, value, "B L D", L=self.num_ws, D=self.w_dim)
        if not 0 <= layer <= self.num_ws:
            expected = f"0 to {self.num_ws}"
            raise InputError(compose("no such layer", expected=expected, given=layer))
        return torch.cat([ws[:, :layer], other[:, layer:]], 1)

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images [B, 3, H, W] of codes [B, L, D]."""
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        check_noise(noise)
        images: Tensor = self.synthesis_network(ws, noise)
        return images
