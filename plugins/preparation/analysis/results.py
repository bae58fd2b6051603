"""What is found in a video: candidates for clips, and stretches that were rejected, with why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = ["REASONS", "Candidate", "Rejected", "Window"]

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "no-face": "No face was found.",
        "face-too-small": "The largest face is smaller than min_face.",
        "face-lost": "The face was lost for longer than bridge_frames, or in too many frames.",
        "blurred": "The face is less sharp than min_sharpness.",
        "turned": "The head is turned, nodded or tilted further than max_yaw, max_pitch, max_roll.",
        "occluded": "Something stands before the face.",
        "too-dark": "The face is darker than min_light.",
        "too-bright": "The face is brighter than max_light.",
        "several-speakers": "Several faces of comparable size, and it is not clear who speaks.",
        "listener": "Another face in the picture moves its lips, this one does not.",
        "still-picture": "The picture does not move: a photo or a frozen video.",
        "transition": "A dissolve between two shots.",
        "moves-too-far": "The head goes further from its place than max_travel.",
        "cut-by-edge": "More of the crop lies beyond the picture than max_outside.",
        "too-short": "Nothing is wrong, but it is shorter than min_clip_s.",
    }
)
"""Why a stretch is rejected: slug and one sentence."""


@attrs.frozen(kw_only=True)
class Window:
    """Which square of the input's pictures a crop shows; the same for all frames of a clip."""

    left: float
    """Column of the upper left corner, in input pixels; may lie outside."""
    top: float
    """Row of the upper left corner."""
    side: float
    """Length of a side, in input pixels."""
    tilt_deg: float = 0.0
    """By how much the square is turned about that corner, clockwise in the picture, in degrees."""

    def to_input(self, points: NDArray[Any], size: int) -> NDArray[np.float64]:
        """Pixels [..., 2] of a crop of *size* as pixels of the input."""
        angle = np.radians(self.tilt_deg)
        scale = self.side / size
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray(np.asarray(points, np.float64) @ turn.T + (self.left, self.top))

    def to_crop(self, points: NDArray[Any], size: int) -> NDArray[np.float64]:
        """The inverse of :meth:`to_input`."""
        angle = np.radians(self.tilt_deg)
        scale = size / self.side
        turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return np.asarray((np.asarray(points, np.float64) - (self.left, self.top)) @ turn.T)


@attrs.frozen(kw_only=True, eq=False)
class Candidate:
    """A stretch in which one face can be seen well, cropped."""

    start: int
    """Its first frame, counted at 25 a second from the start of the input."""
    frames: NDArray[np.uint8]
    """Crops [T, R, R, 3], RGB; the window does not move."""
    landmarks: NDArray[np.float32]
    """[T, 68, 2] in pixels of the crop, iBUG order, without tremble."""
    window: Window
    """Where the crop is in the input."""
    shot: int
    """Number of the shot in the input, from 0."""
    track: int
    """Number of the face in the input, from 0; a face that comes back has another."""
    embedding: NDArray[np.float64]
    """Identity vector [E], of unit length: the mean over a few frames; E is 0 if there is none."""
    facts: Mapping[str, Any]
    """What was measured, ready for JSON; see docs/preparing-data.md."""

    @property
    def stop(self) -> int:
        """The frame after its last."""
        return self.start + len(self.frames)


@attrs.frozen(kw_only=True)
class Rejected:
    """A stretch that is not used."""

    start: int
    """Its first frame, counted at 25 a second from the start of the input."""
    stop: int
    """The frame after its last."""
    reason: str
    """One of :data:`REASONS`."""
    detail: str = ""
    """What was measured, in words; may be empty."""
    shot: int = 0
    """Number of the shot."""
    track: int | None = None
    """Number of the face; None where the whole picture is meant."""
