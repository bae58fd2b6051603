"""The command ``generate``: a portrait and speech become a video.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.generate.config import GenerateCommandConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the command."""
    return [
        Component(
            role="command",
            name="generate",
            target="styletalker.plugins.generate.command:GenerateCommand",
            config=GenerateCommandConfig,
            summary="makes a portrait speak: an image and a sound become a video",
            source="StyleTalker: arXiv 2208.10922",
            licence="Apache-2.0",
            smoke={},
        )
    ]
