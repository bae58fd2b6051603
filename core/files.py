"""Writing files so that a kill at any moment leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from styletalker.core.errors import RunError

__all__ = [
    "atomic_path",
    "digest_of",
    "is_torn",
    "listing_of",
    "read_json",
    "remove_torn",
    "write_json",
    "write_text",
]

_CHUNK = 1 << 20
_TOKEN = 6
"""Random bytes in a temporary file's name."""
_TORN = re.compile(rf"\..+\.[0-9a-f]{{{2 * _TOKEN}}}(\.\w+)?")
"""The name of a temporary file, which a kill may leave."""


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes *path* when the block ends without an exception.

    The temporary file is empty, in the same folder, hidden, with *path*'s suffix (some writers
    look at it); it is removed on failure.

    Raises:
        RunError: the folder cannot be written, or there is no space.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(_TOKEN)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def is_torn(path: Path) -> bool:
    """Whether *path* is a temporary file of :func:`atomic_path`, which a kill has left."""
    return _TORN.fullmatch(path.name) is not None


def remove_torn(folder: Path) -> None:
    """Remove what kills have left in *folder*; only while holding it."""
    for path in folder.iterdir():
        if is_torn(path):
            path.unlink()


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically, readable by people."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        RunError: it cannot be read or is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read: {error}") from error


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, or of the names and contents of all files in a folder."""
    total = hashlib.sha256()
    if path.is_dir():
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            total.update(f"{file.relative_to(path).as_posix()}\0{digest_of(file)}\n".encode())
        return total.hexdigest()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            total.update(chunk)
    return total.hexdigest()


def listing_of(path: Path) -> str:
    """A digest of the names and sizes of all files at *path*: cheap, and tells what is missing.

    Hidden files (locks, what a kill left half-written) do not count.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    lines = [
        f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}"
        for file in files
        if file.is_file() and not file.name.startswith(".")
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sync(path: Path) -> None:
    """Make the kernel write *path* out, so that a power cut does not undo the replace."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    """The same for a folder's entries; not every system can, and the replace stays atomic."""
    with contextlib.suppress(OSError):
        _sync(path)
