"""The inverter ``psp``.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.psp.config import PSPConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the inverter."""
    return [
        Component(
            role="inverter",
            name="psp",
            target="styletalker.plugins.psp.inverter:PSP",
            config=PSPConfig,
            summary="a feature pyramid with one small network per layer of W+",
            source="pSp: arXiv 2008.00951; feature pyramid: arXiv 1612.03144",
            licence="Apache-2.0",
            smoke={"widths": [4, 6, 8, 8], "pyramid_channels": 6},
        )
    ]
