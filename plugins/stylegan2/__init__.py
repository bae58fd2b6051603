"""The generator ``stylegan2``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.public_files import FAMILIES

__all__ = ["styletalker_components", "styletalker_weights"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the generator."""
    return [
        Component(
            role="generator",
            name="stylegan2",
            target="styletalker.plugins.stylegan2.generator:StyleGAN2",
            config=StyleGAN2Config,
            summary="modulated convolutions and RGB skips; takes the layout of public weights",
            source="StyleGAN2: arXiv 1912.04958; as trained with ADA: arXiv 2006.06676",
            licence="Apache-2.0",
            smoke={
                "resolution": 32,
                "z_dim": 12,
                "w_dim": 16,
                "mapping_layers": 2,
                "channel_base": 256,
                "channel_max": 16,
            },
        )
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Offer to read public weights of generators and discriminators."""
    return list(FAMILIES)
