"""Writing a video file with sound: a frame at a time, atomically."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray
from styletalker.core.errors import InputError, MediaError, RunError, compose
from styletalker.core.files import atomic_path
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.movie import exact_rate
from styletalker.core.media.picture_track import PictureTrack, Quality, check_frame
from styletalker.core.media.sink import FrameSink
from styletalker.core.media.sound_track import CopiedSound, EncodedSound, Waveform, sound_track

__all__ = ["FORMATS", "VideoWriter", "video_kind"]

FORMATS = ("gif", "mkv", "mov", "mp4", "webm")
"""Kinds of video file, by their suffix."""
_CONTAINERS = {"gif": "gif", "mkv": "matroska", "mov": "mov", "mp4": "mp4", "webm": "webm"}
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES)
"""Failures of the disk, not of what is written."""


class VideoWriter(FrameSink):
    """A video file that is written a frame at a time, in constant memory, atomically.

    The file appears under its name when it is closed; after an exception nothing is left. The
    same frames and sound give the same bytes. A given audio file sounds from the first frame to
    the end of the last: its own packets are copied where the container takes its codec, else it
    is encoded (AAC, in WebM Opus) at its own rate with its own channels.

    Args:
        path: such as ``talk.mp4``.
        fps: frames per second, above 0 (a GIF's at most 50).
        size: (height, width) that all frames must have; None takes the first frame's.
        quality: what to keep.
        sound: an audio file (or a video's sound), or a waveform; a GIF has none.
        format: kind of file, one of :data:`FORMATS`; None takes it from the suffix.

    Raises:
        InputError: an argument is not valid, or there is no such sound file.
        MediaError: the sound cannot be read.
        RunError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        fps: float | Fraction,
        size: tuple[int, int] | None = None,
        quality: Quality = "playable",
        sound: Path | str | AudioFile | Waveform | None = None,
        format: str | None = None,  # noqa: A002 - the word of the command line
    ) -> None:
        self.path = Path(path)
        self._kind = video_kind(self.path, format)
        if self.path.is_dir():
            raise InputError(compose("is a folder", where=str(path), expected="a file to write"))
        self._fps = exact_rate(fps)
        self._size = size
        self._quality = quality
        self._sound = AudioFile.open(sound) if isinstance(sound, Path | str) else sound
        if self._sound is not None and self._kind == "gif":
            raise InputError(compose("a GIF has no sound", where=str(path), fix=_NO_GIF))
        self._container: Any = None
        self._pictures: PictureTrack | None = None
        self._track: CopiedSound | EncodedSound | None = None
        self._done = False
        self._open = contextlib.ExitStack()
        self._temporary = self._open.enter_context(atomic_path(self.path))

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Write the next frame [H, W, 3], uint8 RGB.

        Raises:
            InputError: it is no such array, or not of the video's size.
            MediaError: it cannot be encoded, or the sound cannot be read on.
            RunError: the file cannot be written: no space is left, for instance.
        """
        with self._failures():
            if self._pictures is None:
                self._begin(frame)
            assert self._pictures is not None
            self._pictures.write(frame)
            if self._track is not None:
                self._track.advance(self._pictures.written / self._fps)

    def close(self) -> None:
        """Finish the file; once it is finished or given up, nothing happens.

        Raises:
            MediaError: there was no frame.
            RunError: the file cannot be written.
        """
        if self._done:
            return
        with self._failures():
            if self._pictures is None:
                raise MediaError(f"{self.path}: a video needs at least one frame")
            self._pictures.close()
            if self._track is not None:
                self._track.close(self._pictures.written / self._fps)
            self._container.close()
        self._done = True
        self._open.close()

    def abort(self) -> None:
        """Give up: no file is left, and one that was there before stays."""
        self._done = True
        if self._container is not None:
            with contextlib.suppress(FFmpegError, OSError):  # it is thrown away
                self._temporary.unlink(missing_ok=True)  # first, to make room
                self._container.close()
        given_up = _GivenUpError()
        with contextlib.suppress(_GivenUpError):
            if not self._open.__exit__(_GivenUpError, given_up, None):
                raise given_up

    def _begin(self, frame: NDArray[np.uint8]) -> None:
        check_frame(frame, 0, self._size)
        size = (frame.shape[0], frame.shape[1])
        options = {"fflags": "+bitexact"}  # no random numbers, no dates
        if self._kind in ("mp4", "mov"):
            options["movflags"] = "+faststart"
        self._container = av.open(
            str(self._temporary), "w", format=_CONTAINERS[self._kind], options=options
        )
        self._pictures = PictureTrack(
            self._container, fps=self._fps, size=size, quality=self._quality
        )
        if self._sound is not None:
            self._track = sound_track(self._container, self._sound, self._open)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn FFmpeg's failures into the project's; what is half-written goes away."""
        try:
            yield
        except FFmpegError as error:
            self.abort()
            number = abs(error.errno or 0)
            if number in _FULL:
                problem = f"cannot be written: {os.strerror(number)}"
                raise RunError(f"{self.path}: {problem}") from error
            raise MediaError(f"{self.path}: cannot be written: {error.strerror}") from error
        except BaseException:
            self.abort()
            raise


class _GivenUpError(Exception):
    """Tells the open resources that the file is given up."""


_NO_GIF = "Write an MP4, MOV, MKV or WebM file, or leave the sound out."


def video_kind(path: Path, given: str | None) -> str:
    """One of :data:`FORMATS`: as *given*, or from the suffix (``.m4v`` is an MP4).

    Raises:
        InputError: it is none of them.
    """
    if given is not None:
        kind = given.lower().removeprefix(".")
        if kind not in FORMATS:
            raise InputError(compose("no such video format", name=given, choices=FORMATS))
        return kind
    kind = path.suffix.lower().removeprefix(".")
    kind = "mp4" if kind == "m4v" else kind
    if kind not in FORMATS:
        expected = "a suffix among " + ", ".join(f".{one}" for one in FORMATS)
        problem = "the suffix does not tell the kind of video"
        raise InputError(compose(problem, where=str(path), expected=expected, given=path.suffix))
    return kind
