"""styletalker: a modular toolkit for audio-driven talking-head video."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.errors import StyletalkerError
from styletalker.core.hookspecs import hookimpl
from styletalker.core.registry import Registry

__all__ = ["Component", "Registry", "StyletalkerError", "__version__", "hookimpl"]

__version__ = "0.1.0"
