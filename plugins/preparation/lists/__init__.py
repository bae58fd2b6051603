"""Lists of what to take of raw videos: a table of one's own, or as public data sets publish them.

Nothing is downloaded: a list is applied to files that are there, and those that are not are
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.lists.listing import Listing

__all__ = ["KINDS", "Listing", "read_listing"]

KINDS = ("table", "hdtf", "voxceleb2")
"""Kinds of lists, as ``--list-kind`` names them."""


def read_listing(path: Path, kind: str) -> Listing:
    """The list at *path*.

    Args:
        path: a CSV file for ``table``, else the folder of the data set's text files.
        kind: one of :data:`KINDS`.

    Raises:
        InputError: there is no such kind or file, or it cannot be understood.
    """
    from styletalker.plugins.preparation.lists.hdtf import read_hdtf
    from styletalker.plugins.preparation.lists.table import read_table
    from styletalker.plugins.preparation.lists.voxceleb2 import read_voxceleb2

    readers: Mapping[str, Callable[[Path], Listing]] = {
        "table": read_table,
        "hdtf": read_hdtf,
        "voxceleb2": read_voxceleb2,
    }
    if kind not in readers:
        raise InputError(compose("--list-kind: no such kind", given=kind, name=kind, choices=KINDS))
    if not path.exists():
        raise InputError(compose("no such list", where=str(path)))
    return readers[kind](path)
