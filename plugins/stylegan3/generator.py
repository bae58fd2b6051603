"""The generator ``stylegan3``."""

from __future__ import annotations

from styletalker.core.checks import check_shape
from styletalker.core.interfaces.generator import NoiseMode
from styletalker.plugins.stylegan2.style_based import StyleBasedGenerator, check_noise
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.synthesis import SynthesisNetwork
from torch import Tensor

__all__ = ["StyleGAN3"]


class StyleGAN3(StyleBasedGenerator):
    """Mapping and synthesis networks of StyleGAN3 (arXiv 2106.12423), T or R by its options.

    There is no per-pixel noise: ``noise`` is accepted and changes nothing. The numbers are those
    of the public implementation, and public weights fit:
    :mod:`styletalker.plugins.stylegan3.public`.

    The buffer ``synthesis_network.input.transform`` is the inverse of a 3 x 3 transform of the
    image plane, in image widths from the centre: set it to move or turn all images.

    While it trains (``train()``, and a layer's weight requires a gradient), each layer follows
    the magnitude of its input, as batch normalisation does; in ``eval()`` nothing changes.
    """

    config: StyleGAN3Config

    def __init__(self, config: StyleGAN3Config) -> None:
        """Build it; weights are random."""
        super().__init__(config)
        self.synthesis_network = SynthesisNetwork(config)

    @property
    def num_ws(self) -> int:
        """Layers L: two more than the option ``layers``; 16 in the published networks."""
        return self.synthesis_network.num_ws

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        """Images [B, 3, H, W] of codes [B, L, D]; there is no noise in this network."""
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        check_noise(noise)
        images: Tensor = self.synthesis_network(ws)
        return images
