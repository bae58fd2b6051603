"""The generator and the inverter ``portrait_warp``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.portrait_warp.config import PortraitEncoderConfig, PortraitWarpConfig

__all__ = ["styletalker_components"]

_SOURCE = (
    "motion as a code that steers flow fields: LIA, arXiv 2203.09043; warped features and "
    "occlusion: FOMM, arXiv 2003.00196; modulated convolutions: arXiv 1912.04958"
)

_TINY = {"points": 4, "portrait_channels": 4}


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer both."""
    return [
        Component(
            role="generator",
            name="portrait_warp",
            target="styletalker.plugins.portrait_warp.generator:PortraitWarp",
            config=PortraitWarpConfig,
            summary="moves a portrait's own pixels, and paints what they cannot show",
            source=_SOURCE,
            pretrained={
                "puppet": "styletalker.plugins.portrait_warp:weights/puppet-generator.safetensors"
            },
            licence="Apache-2.0",
            smoke=_TINY | {"resolution": 32, "w_dim": 16, "channels": 4, "most": 12},
        ),
        Component(
            role="inverter",
            name="portrait_warp",
            target="styletalker.plugins.portrait_warp.inverter:PortraitEncoder",
            config=PortraitEncoderConfig,
            summary="reads a portrait's features for portrait_warp, and a frame's motion",
            source=_SOURCE,
            pretrained={
                "puppet": "styletalker.plugins.portrait_warp:weights/puppet-inverter.safetensors"
            },
            licence="Apache-2.0",
            smoke=_TINY | {"motion_channels": 4},
        ),
    ]
