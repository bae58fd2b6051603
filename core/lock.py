"""A lock on a folder: one process at a time, released however the process ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from styletalker.core.errors import RunError
from styletalker.core.files import is_torn

__all__ = ["FolderLock", "holds_others"]


def holds_others(folder: Path, name: str) -> bool:
    """Whether *folder* holds anything but the lock *name* and what kills have left half-written.

    A kill in the very first write must not make a folder look like somebody else's.
    """
    if not folder.is_dir():
        return False
    return any(path.name != f".{name}.lock" and not is_torn(path) for path in folder.iterdir())


class FolderLock:
    """Holds a folder for this process; a context manager.

    The lock is the file ``.NAME.lock`` in it, locked with ``flock``: a kill releases it. On systems
    without ``flock`` two processes in one folder are not noticed.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Lock *folder*, made if there is none.

        Raises:
            RunError: another process holds it, or the folder cannot be made or written.
        """
        path = folder / f".{name}.lock"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise RunError(f"{folder}: cannot be written: {error.strerror}") from error
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = path.read_text(encoding="utf-8").strip() or "another process"
            self.release()
            raise RunError(f"{folder}: is in use by {holder}") from error
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, f"process {os.getpid()}\n".encode())

    def release(self) -> None:
        """Unlock; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        """The lock itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Unlock."""
        self.release()
