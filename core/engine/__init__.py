"""The same work for many items, on this machine or on a cluster, and where files are.

An :class:`Engine` maps a function over items in several processes; a :class:`Place` is a folder
that every one of them can read and write.
"""

from __future__ import annotations

from styletalker.core.engine.api import Engine, Failure, ItemError
from styletalker.core.engine.choose import ENGINES, open_engine, ray_engine
from styletalker.core.engine.local import inline_engine, local_engine
from styletalker.core.engine.place import Place

__all__ = [
    "ENGINES",
    "Engine",
    "Failure",
    "ItemError",
    "Place",
    "inline_engine",
    "local_engine",
    "open_engine",
    "ray_engine",
]
