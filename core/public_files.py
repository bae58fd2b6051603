"""Public weight files that are never downloaded: what to look for, where, and what to say.

A component names the file it can use; a person puts it into one of the weights folders, or gives
its path. Everything that looks for a public file looks into the same folders, in the same order:
those of :func:`weights_folders`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs
from styletalker.core.errors import CheckpointError, compose

__all__ = [
    "VARIABLE",
    "PublicFile",
    "find_public_file",
    "found_in_folders",
    "missing_text",
    "weights_folder",
    "weights_folders",
]

VARIABLE = "STYLETALKER_WEIGHTS"
"""Environment variable that names folders of public weights, separated by ``:``."""
_SUBFOLDER = ("styletalker", "weights")


@attrs.frozen(kw_only=True)
class PublicFile:
    """A published file (or folder) of weights."""

    name: str
    """Its file name, as published."""
    purpose: str
    """What it is, in a few words that a message can begin with; a comma may end them."""
    licence: str
    """The licence of the weights, with what it forbids; 'not stated' if nothing is said."""
    source: str
    """Where it is published: a repository or page."""


def weights_folders(given: Iterable[Path] = ()) -> list[Path]:
    """Where public weights are looked for, first to last; none of the folders need exist.

    *given* ones; those in the environment variable STYLETALKER_WEIGHTS; ``styletalker/weights`` in
    ``XDG_DATA_HOME``, which is ``~/.local/share`` if not set; ``weights`` and the current folder.
    """
    told = [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    data = os.environ.get("XDG_DATA_HOME")
    base = Path(data).expanduser() if data else Path.home() / ".local" / "share"
    named = [Path(part).expanduser() for part in told]
    return [*given, *named, base.joinpath(*_SUBFOLDER), Path("weights"), Path()]


def weights_folder() -> Path:
    """Where to put public weights: the first of :func:`weights_folders`."""
    return weights_folders()[0]


def found_in_folders(name: str, given: Iterable[Path] = ()) -> Path | None:
    """The first file or folder called *name* in :func:`weights_folders`; None if there is none."""
    return next((f / name for f in weights_folders(given) if (f / name).exists()), None)


def find_public_file(public: PublicFile, given: str | None = None) -> Path:
    """The path of a public file: *given*, or its name in one of the weights folders.

    Args:
        public: what is needed.
        given: a path from the user; None or empty looks into the weights folders.

    Raises:
        CheckpointError: it is not there; see :func:`missing_text`.
    """
    if given:
        path = Path(given).expanduser()
        if path.exists():
            return path
        raise CheckpointError(missing_text(public, path))
    found = found_in_folders(public.name)
    if found is None:
        raise CheckpointError(missing_text(public, weights_folder() / public.name))
    return found


def missing_text(public: PublicFile, path: Path) -> str:
    """Says which file is missing, its licence, where it comes from and where to put it."""
    fix = (
        f"Get {public.name} from {public.source} (licence: {public.licence}) and put it there, "
        f"into a folder in {VARIABLE}, or give its path as an option. Nothing is downloaded."
    )
    return compose(f"{public.purpose} is missing", where=str(path), fix=fix)
