"""Scratch space without a name: a kill leaves nothing of it behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import RunError, compose

__all__ = ["Scratch", "SoundStore", "no_room"]


def no_room(error: OSError) -> RunError:
    """What to say when the folder for temporary files is full."""
    fix = "Make room there, or set TMPDIR to another folder, and call again to go on."
    why = error.strerror or str(error)
    return RunError(compose("cannot write", where=tempfile.gettempdir(), given=why, fix=fix))


class Scratch:
    """Pieces of bytes on disk, read back by where they are; a context manager."""

    def __init__(self) -> None:
        """Open a nameless file.

        Raises:
            RunError: there is no room for one.
        """
        try:
            self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise no_room(error) from error
        self._size = 0

    def __enter__(self) -> Self:
        """The store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Forget it."""
        self._file.close()

    def add(self, content: bytes | memoryview) -> tuple[int, int]:
        """Append *content*; where it is, as (offset, size).

        Raises:
            RunError: the disk is full.
        """
        try:
            self._file.seek(self._size)
            self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise no_room(error) from error
        place = (self._size, memoryview(content).nbytes)
        self._size += place[1]
        return place

    def read(self, place: tuple[int, int]) -> bytes:
        """What was added there."""
        self._file.seek(place[0])
        return self._file.read(place[1])


class SoundStore:
    """A mono sound of any length, on disk; a context manager. Its samples are float32."""

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        """Store *blocks* [S] one after another.

        Raises:
            RunError: the disk is full.
        """
        self._scratch = Scratch()
        self.samples = 0
        try:
            for block in blocks:
                self._scratch.add(np.ascontiguousarray(block, np.float32).tobytes())
                self.samples += len(block)
        except BaseException:
            self._scratch.__exit__(None, None, None)
            raise

    def __enter__(self) -> Self:
        """The store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Forget it."""
        self._scratch.__exit__(kind, error, None)

    def between(self, start: int, stop: int) -> NDArray[np.float32]:
        """The samples [stop - start]; silence beyond the ends."""
        first, last = max(start, 0), min(stop, self.samples)
        found = np.zeros(max(stop - start, 0), np.float32)
        if last > first:
            size = np.dtype(np.float32).itemsize
            content = self._scratch.read((first * size, (last - first) * size))
            found[first - start : last - start] = np.frombuffer(content, np.float32)
        return found

    def blocks(self, size: int) -> Iterator[NDArray[np.float32]]:
        """All samples in pieces of *size*."""
        for start in range(0, self.samples, size):
            yield self.between(start, min(start + size, self.samples))
