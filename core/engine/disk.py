"""What a place does in a folder of this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.files import atomic_path, is_torn

__all__ = ["names", "remove", "size", "writing"]


def names(root: Path, under: str, unreadable: Callable[[str, str], object]) -> list[str]:
    """Relative names of all files below ``root / under``, sorted; see :meth:`Place.names`."""
    found: list[str] = []
    if (root / under).is_dir():
        _walk(root, under, frozenset(), found, unreadable)
    return sorted(found)


def _walk(
    root: Path,
    under: str,
    above: frozenset[tuple[int, int]],
    found: list[str],
    unreadable: Callable[[str, str], object],
) -> None:
    """Add the files below a folder; *above* are the folders it is in, which a link may lead to."""
    folder = root / under
    try:
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            return
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        unreadable(under, error.strerror or str(error))
        return
    for entry in entries:
        name = f"{under}/{entry.name}" if under else entry.name
        if _is_folder(entry):
            _walk(root, name, above | {here}, found, unreadable)
        elif not is_torn(Path(entry.name)) and not _is_no_file(entry):
            found.append(name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link that leads nowhere is listed, and opening it says why


def _is_no_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a pipe, a socket or a device, from which reading may never return."""
    try:
        mode = entry.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)


def size(path: Path) -> int:
    """Length in bytes."""
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise InputError(compose("no such file", where=str(path))) from error
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror or error}") from error


def writing(path: Path) -> AbstractContextManager[Path]:
    """See :func:`styletalker.core.files.atomic_path`."""
    return atomic_path(path)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
    except OSError as error:
        raise RunError(f"{path}: cannot be removed: {error.strerror or error}") from error
