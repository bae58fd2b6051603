"""The generator ``stylegan3``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.public_files import FAMILIES

__all__ = ["styletalker_components", "styletalker_weights"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the generator."""
    return [
        Component(
            role="generator",
            name="stylegan3",
            target="styletalker.plugins.stylegan3.generator:StyleGAN3",
            config=StyleGAN3Config,
            summary="alias-free layers, translation or rotation equivariant; takes public weights",
            source="StyleGAN3: arXiv 2106.12423",
            licence="Apache-2.0",
            smoke={
                "resolution": 16,
                "z_dim": 12,
                "w_dim": 16,
                "layers": 5,
                "channel_base": 128,
                "channel_max": 8,
                "margin": 4,
            },
        )
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Offer to read public weights."""
    return list(FAMILIES)
