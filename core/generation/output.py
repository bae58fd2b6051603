"""Where a generated video goes: checked before the work, opened when it begins."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from styletalker.core.errors import InputError, compose
from styletalker.core.generation.framing import Say
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.picture_track import Quality
from styletalker.core.media.video_writer import video_kind
from styletalker.core.media.writer import FrameSink, open_writer

__all__ = ["Output"]


class Output:
    """A video file, a folder of frames, or both.

    Raises:
        InputError: neither is given, the file exists and is not to be replaced, or its kind is
            not known.
    """

    def __init__(
        self,
        path: Path | str | None,
        frames_dir: Path | str | None,
        *,
        format: str | None,  # noqa: A002 - as in VideoWriter
        quality: Quality,
        overwrite: bool,
        say: Say,
    ) -> None:
        self.path = None if path is None else Path(path)
        self.frames_dir = None if frames_dir is None else Path(frames_dir)
        self._format, self._quality = format, quality
        self._silent = False
        if self.path is None:
            if self.frames_dir is None:
                fix = "Name a video file, a folder for frames, or both."
                raise InputError(compose("nothing to write", fix=fix))
            return
        if self.path.is_dir():
            expected = "a video file such as talk.mp4"
            raise InputError(compose("is a folder", where=str(self.path), expected=expected))
        self._silent = video_kind(self.path, format) == "gif"
        if self._silent:
            say(f"{self.path}: a GIF has no sound")
        if self.path.exists() and not overwrite:
            fix = "Name another file, or say --overwrite (overwrite=True)."
            raise InputError(compose("exists already", where=str(self.path), fix=fix))

    def spare(self, *sources: object) -> None:
        """Refuse to replace a file that is read.

        Raises:
            InputError: the video file is one of *sources* (those that are paths).
        """
        for source in sources:
            if self.path is None or not isinstance(source, Path | str):
                continue
            if self.path.resolve() == Path(source).resolve():
                fix = "Name another file."
                raise InputError(compose("is read and written", where=str(self.path), fix=fix))

    def open(self, fps: Fraction, sound: AudioFile) -> FrameSink:
        """What takes the frames.

        Raises:
            InputError: the folder of frames is not empty, or *fps* is too high for the format.
            RunError: it cannot be written.
        """
        return open_writer(
            self.path,
            self.frames_dir,
            fps=fps,
            quality=self._quality,
            sound=None if self._silent else sound,
            format=self._format,
        )
