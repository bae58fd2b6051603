"""What was generated."""

from __future__ import annotations

from pathlib import Path

import attrs

__all__ = ["Generated"]


@attrs.frozen(kw_only=True)
class Generated:
    """A video that was written."""

    path: Path | None
    """The video file; None if there are only frames."""
    frames_dir: Path | None
    """The folder of PNG files, if one was asked for."""
    frames: int
    """Frames written."""
    fps: float
    """Frames per second of the video."""
    duration_s: float
    """Length of the video, frames / fps, in seconds."""
    seconds: float
    """How long it took, all in all, once the talker's weights were read."""
    notes: tuple[str, ...] = ()
    """What the user should know, such as that the sound is silent."""

    @property
    def frames_per_s(self) -> float:
        """Frames written per second that it took."""
        return self.frames / self.seconds
