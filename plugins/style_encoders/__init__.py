"""The inverters ``psp_ir_se50``, ``e4e`` and ``restyle``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.style_encoders.config import E4EConfig, PSPEncoderConfig, ReStyleConfig
from styletalker.plugins.style_encoders.public_files import FAMILIES

__all__ = ["styletalker_components", "styletalker_weights"]

_SMOKE = {"width": 8, "blocks": [1, 1, 1, 1], "pixels": 32}
_BACKBONE = "IR-SE50: arXiv 1801.07698"


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the inverters."""
    return [
        Component(
            role="inverter",
            name="psp_ir_se50",
            target="styletalker.plugins.style_encoders.psp:PSPEncoder",
            config=PSPEncoderConfig,
            summary="pSp as published: IR-SE50, one network per layer; takes public weights",
            source=f"pSp: arXiv 2008.00951; {_BACKBONE}",
            licence="Apache-2.0",
            smoke=_SMOKE,
        ),
        Component(
            role="inverter",
            name="e4e",
            target="styletalker.plugins.style_encoders.e4e:E4E",
            config=E4EConfig,
            summary="one code for all layers and an offset for each; takes public weights",
            source=f"e4e: arXiv 2102.02766; {_BACKBONE}",
            licence="Apache-2.0",
            smoke=_SMOKE,
        ),
        Component(
            role="inverter",
            name="restyle",
            target="styletalker.plugins.style_encoders.restyle:ReStyle",
            config=ReStyleConfig,
            summary="sees its own result and corrects it, some times; takes public weights",
            source=f"ReStyle: arXiv 2104.02699; {_BACKBONE}",
            licence="Apache-2.0",
            smoke={**_SMOKE, "steps": 2},
        ),
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Offer to read public weights, of the network for the identity loss too."""
    return list(FAMILIES)
