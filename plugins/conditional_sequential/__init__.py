"""The motion VAE ``conditional_sequential``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.conditional_sequential.config import ConditionalSequentialConfig

__all__ = ["styletalker_components"]

_WEIGHTS = "styletalker.plugins.conditional_sequential:weights/{}-motion-vae.safetensors"


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the motion VAE."""
    return [
        Component(
            role="motion_vae",
            name="conditional_sequential",
            target="styletalker.plugins.conditional_sequential.vae:ConditionalSequentialVAE",
            config=ConditionalSequentialConfig,
            summary="a posterior that does not see the mouth, and a causal residual decoder",
            source="StyleTalker: arXiv 2208.10922; sequential VAE: VRNN, arXiv 1506.02216",
            pretrained={name: _WEIGHTS.format(name) for name in ("puppet", "portrait")},
            licence="Apache-2.0",
            smoke={"motion_dim": 4, "channels": 12, "image_channels": 4, "size": 32, "rank": 5},
        )
    ]
