"""Ripple: a generator of plane waves for styletalker.

This module is imported by every `toolkit` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl

from styletalker_ripple.config import RippleConfig


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the component."""
    return [
        Component(
            role="generator",
            name="ripple",
            target="styletalker_ripple.component:Ripple",
            config=RippleConfig,
            summary="images of plane waves, the example of the tutorial",
            source="none: two lines of trigonometry",
            licence="Apache-2.0",
            smoke={"resolution": 16, "channels": 8},
        )
    ]
