"""Videos that users give: frames at a constant rate, upright, and their sound."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, MediaError, compose
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.seek import sought
from styletalker.core.media.source import (
    check_complete,
    declared_end,
    decoded,
    opened,
    origin_of,
    packets_of,
    track_of,
    tracks,
)

__all__ = ["MovieFacts", "MovieFile", "exact_rate"]

_DEFAULT_RATE = Fraction(25)
"""Frames per second of a video that tells neither its rate nor its frames' lengths."""
_FASTEST = 1000
_WORTH_SEEKING_S = 2
"""Earlier than this a file is read from its start: a keyframe is hardly nearer."""


@attrs.frozen
class MovieFacts:
    """What a video is."""

    path: Path
    """The file."""
    duration_s: Fraction
    """From time zero to the end of its last frame, in seconds."""
    fps: Fraction
    """Mean frames per second in the file."""
    height: int
    """Height of the upright frames, in pixels."""
    width: int
    """Width of the upright frames, in square pixels."""


@attrs.frozen
class _Shown:
    """A frame and when it is shown, in seconds from time zero."""

    start: Fraction
    end: Fraction
    image: NDArray[np.uint8]


@attrs.frozen
class MovieFile:
    """A video file; nothing of it stays open or in memory.

    Time zero is the start of the file, the same for the frames and the sound.
    """

    path: Path
    """The file."""
    fps: Fraction
    """Mean frames per second in the file."""
    height: int
    """Height of the upright frames, in pixels."""
    width: int
    """Width of the upright frames, in square pixels."""
    has_sound: bool
    """Whether there is a sound track."""

    @classmethod
    def open(cls, path: Path | str) -> MovieFile:
        """A video file; its first frame is decoded to see that it is one.

        Raises:
            InputError: there is no such file, or it is a folder.
            MediaError: it is empty, no media file, without video, or cannot be decoded.
        """
        path = Path(path)
        with opened(path) as container:
            stream = _track(container, path)
            first = next(decoded(container, stream, path), None)
            if first is None:
                raise MediaError(f"{path}: the video holds no frame")
            height, width = _upright(first, stream).shape[:2]
            sound = bool(tracks(container, "audio"))
            return cls(path, _rate_of(stream), height, width, sound)

    @property
    def facts(self) -> MovieFacts:
        """What the video is; the file is read through once for its exact duration.

        Raises:
            MediaError: it cannot be read to its end.
        """
        with opened(self.path) as container:
            stream = _track(container, self.path)
            origin = origin_of(container)
            end = Fraction(0)
            step = 1 / self.fps
            for packet in packets_of(container, stream, self.path):
                if packet.pts is not None and not packet.is_discard:
                    length = (packet.duration or 0) * packet.time_base or step
                    end = max(end, packet.pts * packet.time_base - origin + length)
            check_complete(self.path, "video", end, declared_end(container, stream))
        return MovieFacts(self.path, end, self.fps, self.height, self.width)

    def frames(
        self, *, fps: float | Fraction = 25, first: int = 0, largest: int | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """The upright frames [H, W, 3], uint8 RGB, at a constant rate; constant memory.

        Frame k is the one whose presentation time is nearest to k / fps (of two equally near
        ones, the earlier); there are round(duration * fps) frames, at least one.

        Args:
            fps: frames per second.
            first: begin with this frame, from 0: the same pictures, and where the file can be
                sought what comes before is not decoded.
            largest: frames whose longer side is more pixels are shrunk to it as they are decoded,
                which is faster and needs less memory than shrinking them afterwards.

        Raises:
            InputError: *fps* is out of range, *first* is negative, or *largest* below 1.
            MediaError: decoding fails; it says after how many seconds.
        """
        rate = exact_rate(fps)
        if first < 0:
            raise InputError(compose("first frame", expected="at least 0", given=first))
        if largest is not None and largest < 1:
            raise InputError(compose("largest", expected="1 pixel or more", given=largest))
        return _nearest(self._shown(Fraction(first) / rate, largest), rate, first)

    def audio(self) -> AudioFile | None:
        """The sound, with the same time zero as the frames; None when there is none.

        Raises:
            MediaError: there is a sound track, but it cannot be decoded.
        """
        return AudioFile.open(self.path) if self.has_sound else None

    def _shown(self, since: Fraction = Fraction(0), largest: int | None = None) -> Iterator[_Shown]:
        """The frames from one at or before *since* [s] on, as the file has them, or smaller."""
        size = _within(self.height, self.width, largest)
        with contextlib.ExitStack() as stack:
            container = stack.enter_context(opened(self.path))
            stream, frames = _track(container, self.path), None
            if since > _WORTH_SEEKING_S:
                frames = sought(container, stream, self.path, since)
                if frames is None:
                    container = stack.enter_context(opened(self.path))
                    stream = _track(container, self.path)
            origin, step = origin_of(container), 1 / self.fps
            end = Fraction(0)
            for frame in frames or decoded(container, stream, self.path):
                start = end if frame.pts is None else frame.pts * frame.time_base - origin
                length = Fraction((frame.duration or 0) * frame.time_base) or step
                end = start + length
                image = _upright(frame, stream, size)
                yield _Shown(start, end, image)
            check_complete(self.path, "video", end, declared_end(container, stream))


def exact_rate(fps: float | Fraction) -> Fraction:
    """A frame rate as a fraction: 29.97 is 2997/100.

    Raises:
        InputError: it is not above 0 and at most 1000.
    """
    if not 0 < fps <= _FASTEST:
        expected = f"above 0 and at most {_FASTEST} frames per second"
        raise InputError(compose("frame rate", expected=expected, given=fps))
    return Fraction(fps).limit_denominator(1001)


def _nearest(
    shown: Iterable[_Shown], rate: Fraction, first: int = 0
) -> Iterator[NDArray[np.uint8]]:
    """Frames at *rate* from *first* on, each the nearest, as many as there is room for."""
    held: deque[NDArray[np.uint8]] = deque()  # frames chosen, of which the end is not sure yet
    chosen = given = first
    last: _Shown | None = None
    for frame in shown:
        if last is not None:
            while 2 * Fraction(chosen) / rate <= last.start + frame.start:
                held.append(last.image)
                chosen += 1
        last = frame
        while held and _room(last.start, rate) > given:
            yield held.popleft()
            given += 1
    if last is None:
        return
    total = max(1, _room(last.end, rate))
    for _ in range(total - given):
        yield held.popleft() if held else last.image


def _room(seconds: Fraction, rate: Fraction) -> int:
    """How many frames of *rate* a duration holds, a half rounded up."""
    return int((seconds * rate + Fraction(1, 2)) // 1)


def _upright(frame: Any, stream: Any, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """The picture [H, W, 3] of a frame: square pixels, turned as the file says."""
    turns = round((frame.rotation or 0) / 90) % 4  # counter-clockwise quarters
    height, width = size or (0, 0)
    if size is None:
        height, width = frame.height, _square_width(frame, stream)
    elif turns % 2:
        height, width = width, height
    image = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(image, turns)).astype(np.uint8, copy=False)


def _within(height: int, width: int, largest: int | None) -> tuple[int, int]:
    """A size (height, width) whose longer side is at most *largest*."""
    longer = max(height, width)
    if largest is None or longer <= largest:
        return height, width
    return max(1, round(height * largest / longer)), max(1, round(width * largest / longer))


def _square_width(frame: Any, stream: Any) -> int:
    """The width when pixels are square."""
    aspect = stream.sample_aspect_ratio or 1
    return max(1, round(frame.width * aspect)) if aspect > 0 else int(frame.width)


def _track(container: Any, path: Path) -> Any:
    name = container.format.name
    if name.endswith("_pipe") or name == "image2":
        raise MediaError(compose("is a still picture", where=str(path), expected="a video"))
    return track_of(container, "video", path)


def _rate_of(stream: Any) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or _DEFAULT_RATE
    return Fraction(rate)
