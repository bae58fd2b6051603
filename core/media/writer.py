"""Writing generated frames: a video file with sound, a folder of PNG files, or both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.frame_writer import FrameWriter
from styletalker.core.media.movie import exact_rate
from styletalker.core.media.picture_track import Quality
from styletalker.core.media.sink import FrameSink
from styletalker.core.media.sound_track import Waveform
from styletalker.core.media.video_writer import FORMATS, VideoWriter

__all__ = [
    "FORMATS",
    "FrameSink",
    "FrameWriter",
    "Quality",
    "VideoWriter",
    "Waveform",
    "open_writer",
    "retimed",
]


class _Both(FrameSink):
    """Frames that go into two sinks."""

    def __init__(self, *sinks: FrameSink) -> None:
        self._sinks = sinks

    def write(self, frame: NDArray[np.uint8]) -> None:
        for sink in self._sinks:
            sink.write(frame)

    def close(self) -> None:
        try:
            for sink in self._sinks:
                sink.close()
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        for sink in self._sinks:
            sink.abort()


def open_writer(
    path: Path | str | None,
    frames_dir: Path | str | None = None,
    *,
    fps: float | Fraction,
    size: tuple[int, int] | None = None,
    quality: Quality = "playable",
    sound: Path | str | AudioFile | Waveform | None = None,
    format: str | None = None,  # noqa: A002 - as in VideoWriter
) -> FrameSink:
    """What writes a video file, a folder of PNG files, or both.

    Args:
        path: the video file, or None.
        frames_dir: the folder for ``frame-000000.png`` and on, or None; it has no sound.
        fps: as for :class:`VideoWriter`, like the arguments after it.
        size: see there.
        quality: see there.
        sound: see there.
        format: see there.

    Raises:
        InputError: neither is given, or as :class:`VideoWriter` and :class:`FrameWriter`.
        MediaError, RunError: as there.
    """
    if path is None and frames_dir is None:
        raise InputError(compose("nothing to write", fix="Name a video file or a folder."))
    folder = FrameWriter(frames_dir, size=size) if frames_dir is not None else None
    if path is None:
        assert folder is not None
        return folder
    try:
        video = VideoWriter(path, fps=fps, size=size, quality=quality, sound=sound, format=format)
    except BaseException:
        if folder is not None:
            folder.abort()
        raise
    return _Both(folder, video) if folder is not None else video


def retimed(
    frames: Iterable[NDArray[np.uint8]],
    source_fps: float | Fraction,
    target_fps: float | Fraction,
    total: int,
    *,
    count: int | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """The same frames at another rate: each is the nearest in time, the duration stays.

    Frames are repeated or left out, never mixed. Of two equally near ones it is the earlier.

    Args:
        frames: the frames at *source_fps*; read one at a time, none is kept.
        source_fps: their rate, frames per second.
        target_fps: the wanted rate.
        total: how many frames there are.
        count: how many to give, at least 1; None for round(total * target_fps / source_fps). Where
            the duration is no whole number of frames at *source_fps*, the two differ.

    Yields:
        *count* frames.

    Raises:
        InputError: a rate or *total* is not valid, or there are fewer frames.
    """
    source, target = exact_rate(source_fps), exact_rate(target_fps)
    if total < 1:
        raise InputError(compose("number of frames", expected="at least 1", given=total))
    if count is None:
        count = max(1, int(total * target / source + Fraction(1, 2)))
    position = -1
    frame: NDArray[np.uint8] | None = None
    reader = iter(frames)
    for index in range(count):
        wanted = min(total - 1, -int((Fraction(1, 2) - index * source / target) // 1))
        while position < wanted:
            frame = next(reader, None)
            position += 1
            if frame is None:
                given = f"{position}"
                raise InputError(compose("too few frames", expected=f"{total}", given=given))
        assert frame is not None
        yield frame
