"""Public weight files that are never downloaded: what to look for, where, and what to say.

A component names the file it can use; a person puts it into the weights folder, or gives its path.
"""

from __future__ import annotations

import os
from pathlib import Path

import attrs
from styletalker.core.errors import CheckpointError, compose

__all__ = ["VARIABLE", "PublicFile", "find_public_file", "missing_text", "weights_folder"]

VARIABLE = "STYLETALKER_WEIGHTS"
"""Environment variable that names the folder of public weights."""
_SUBFOLDER = ("styletalker", "weights")


@attrs.frozen(kw_only=True)
class PublicFile:
    """A published file (or folder) of weights."""

    name: str
    """Its file name, as published."""
    purpose: str
    """What it is, in a few words that a message can begin with."""
    licence: str
    """The licence of the weights, with what it forbids; 'not stated' if nothing is said."""
    source: str
    """Where it is published: a repository or page."""


def weights_folder() -> Path:
    """Where public weights are looked for; it need not exist.

    The folder in the environment variable STYLETALKER_WEIGHTS; else ``styletalker/weights`` in
    ``XDG_DATA_HOME``, which is ``~/.local/share`` if not set.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    data = os.environ.get("XDG_DATA_HOME")
    base = Path(data).expanduser() if data else Path.home() / ".local" / "share"
    return base.joinpath(*_SUBFOLDER)


def find_public_file(public: PublicFile, given: str | None = None) -> Path:
    """The path of a public file: *given*, or its name in the weights folder.

    Args:
        public: what is needed.
        given: a path from the user; None or empty looks into the weights folder.

    Raises:
        CheckpointError: it is not there; see :func:`missing_text`.
    """
    path = Path(given).expanduser() if given else weights_folder() / public.name
    if not path.exists():
        raise CheckpointError(missing_text(public, path))
    return path


def missing_text(public: PublicFile, path: Path) -> str:
    """Says which file is missing, its licence, where it comes from and where to put it."""
    fix = (
        f"Get {public.name} from {public.source} (licence: {public.licence}) and put it there, "
        f"into the folder in {VARIABLE}, or give its path as an option. Nothing is downloaded."
    )
    return compose(f"{public.purpose} is missing", where=str(path), fix=fix)
