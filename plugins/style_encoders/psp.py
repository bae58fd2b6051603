"""The inverter ``psp_ir_se50``."""

from __future__ import annotations

from styletalker.plugins.style_encoders.base import EncoderInverter
from styletalker.plugins.style_encoders.config import PSPEncoderConfig
from styletalker.plugins.style_encoders.encoders import MapsEncoder, VectorEncoder

__all__ = ["PSPEncoder"]


class PSPEncoder(EncoderInverter):
    """Pixel2style2pixel (arXiv 2008.00951) in its published size; public weights fit."""

    config: PSPEncoderConfig

    def __init__(
        self, config: PSPEncoderConfig, *, resolution: int, num_ws: int, w_dim: int
    ) -> None:
        """Build it; weights are random."""
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        if config.encoder == "gradual":
            self.encoder = MapsEncoder(
                rows=num_ws,
                w_dim=w_dim,
                pixels=config.pixels,
                width=config.width,
                blocks=config.blocks,
            )
        else:
            self.encoder = VectorEncoder(
                rows=num_ws,
                w_dim=w_dim,
                width=config.width,
                blocks=config.blocks,
                one_code=config.encoder == "last_layer_w",
            )
