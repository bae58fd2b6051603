"""Frames of a video: in memory while they are few, decoded again and again when they are many."""

from __future__ import annotations

import functools
import hashlib
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["MOST_BYTES", "LongFrames", "digest_of_frames", "read_frames"]

Picture = NDArray[np.uint8]

MOST_BYTES = 96 << 20
"""Frames that take more memory are not kept: 20 s at 256 px stay, 20 s at 512 px do not."""
_BACK_BYTES = 32 << 20
"""Frames that are kept to step back a little without decoding from the start again."""
_MOST_BACK = 32


class LongFrames:
    """Frames [T, H, W, 3], uint8 RGB, that are decoded whenever they are looked at.

    It stands in for an array in :class:`~styletalker.core.clip.Clip`: ``len``, ``shape``,
    iteration, ``frames[t]``, ``frames[a:b]`` (an array if it is small, else frames like these),
    ``frames[::12]``. Going forward is cheap; going back by more than some frames decodes from the
    start. ``np.asarray`` gives everything at once, and then takes the memory that this class is to
    save: iterate instead.
    """

    dtype = np.dtype(np.uint8)
    ndim = 4

    def __init__(
        self,
        begin: Callable[[], Iterator[Picture]],
        size: tuple[int, ...],
        places: range,
        *,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Frames of a video.

        Args:
            begin: gives all frames of the video, from the first.
            size: of a frame: (H, W, 3).
            places: which of them these are.
            most_bytes: a slice of at most so many bytes becomes an array.
        """
        self._begin, self._size, self._places, self._most = begin, size, places, most_bytes
        self._running: Iterator[Picture] | None = None
        self._next = 0
        back = min(_MOST_BACK, max(2, _BACK_BYTES // math.prod(size)))
        self._kept: deque[tuple[int, Picture]] = deque(maxlen=back)

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, H, W, 3)."""
        return (len(self._places), *self._size)

    @property
    def nbytes(self) -> int:
        """What they would take in memory."""
        return math.prod(self.shape)

    @functools.cached_property
    def sha256(self) -> str:
        """As :func:`digest_of_frames`."""
        return _digest(iter(self))

    def __len__(self) -> int:
        """T."""
        return len(self._places)

    def __iter__(self) -> Iterator[Picture]:
        """Each frame in turn, in one pass of its own."""
        if self._places.step < 0:
            return (self._at(place) for place in self._places)
        first, last, step = self._places.start, self._places.stop, self._places.step
        return itertools.islice(self._begin(), first, last, step)

    def __getitem__(self, key: Any) -> Any:
        """A frame, or some."""
        if isinstance(key, tuple):
            rest = key[1:]
            chosen = self[key[0]]
            if isinstance(chosen, LongFrames):
                problem = "so many frames cannot be cut at once"
                raise InputError(compose(problem, fix="Iterate over the frames."))
            return chosen[rest if isinstance(key[0], (int, np.integer)) else (slice(None), *rest)]
        if isinstance(key, (int, np.integer)):
            return self._at(self._places[int(key)])
        if isinstance(key, slice):
            some = LongFrames(self._begin, self._size, self._places[key], most_bytes=self._most)
            if some.nbytes > self._most:
                return some
            return self._stacked(some._places)
        return self._stacked([self._places[int(k)] for k in np.arange(len(self))[key]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of them, in memory."""
        return self._stacked(self._places).astype(dtype or np.uint8, copy=False)

    def _stacked(self, places: Any) -> Picture:
        found = [self._at(place) for place in places]
        return np.stack(found) if found else np.empty((0, *self._size), np.uint8)

    def _at(self, place: int) -> Picture:
        for known, frame in self._kept:
            if known == place:
                return frame
        if self._running is None or place < self._next:
            self._running, self._next = self._begin(), 0
            self._kept.clear()
        while True:
            frame = next(self._running)
            self._kept.append((self._next, frame))
            self._next += 1
            if self._next > place:
                return frame


def read_frames(
    begin: Callable[[], Iterator[Picture]], *, most_bytes: int = MOST_BYTES
) -> NDArray[np.uint8]:
    """The frames that *begin* gives: an array, or :class:`LongFrames` above *most_bytes*.

    Every frame is decoded once here, so that a video that is damaged at its end fails now. Memory
    stays below *most_bytes* and some frames, whatever the length.
    """
    held: list[Picture] = []
    total, count, taken = hashlib.sha256(), 0, 0
    for frame in begin():
        total.update(np.ascontiguousarray(frame).data)
        size, count, taken = frame.shape, count + 1, taken + frame.nbytes
        if taken <= most_bytes:
            held.append(frame)
        else:
            held.clear()
    if taken <= most_bytes:
        return np.stack(held)
    frames = LongFrames(begin, size, range(count), most_bytes=most_bytes)
    total.update(str((count, *size)).encode())
    frames.__dict__["sha256"] = total.hexdigest()
    return cast("NDArray[np.uint8]", frames)


def digest_of_frames(frames: NDArray[np.uint8]) -> str:
    """SHA-256 of all pixels and the shape, computed frame by frame."""
    long: Any = frames
    if isinstance(long, LongFrames):
        return long.sha256
    return _digest(iter(frames))


def _digest(frames: Iterator[Picture]) -> str:
    total, count, size = hashlib.sha256(), 0, ()
    for frame in frames:
        total.update(np.ascontiguousarray(frame).data)
        size, count = frame.shape, count + 1
    total.update(str((count, *size)).encode())
    return total.hexdigest()
