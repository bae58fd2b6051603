"""Options of what is looked for in raw videos."""

from __future__ import annotations

from typing import Any, Literal

import attrs
from styletalker.core.config.options import within

__all__ = ["FPS", "AnalysisConfig", "Framing"]

FPS = 25
"""Frames per second of everything that is prepared."""

Framing = Literal["eyes", "ffhq"]
"""``eyes``: an upright square with the eyes where the corpus ``puppet`` and the bundled weights
have them; ``ffhq``: FFHQ's alignment (Karras et al. 2019) by 68 landmarks, which also turns."""


@attrs.frozen(kw_only=True)
class AnalysisConfig:
    """Options of :func:`styletalker.plugins.preparation.analysis.stream.candidates`."""

    size: int = attrs.field(default=256, validator=within(64, 1024))
    """Height and width of the crops in pixels, 64 to 1024."""
    framing: Framing = "eyes"
    """Where the face stands in the crop: ``eyes`` or ``ffhq``."""
    eye_row: float = attrs.field(default=0.40, validator=within(0.2, 0.7))
    """Height of the eyes from the top for the framing ``eyes``, as a part of the crop, 0.2 to 0.7;
    0.40 is that of the corpus ``puppet``, and FFHQ's."""
    eye_distance: float = attrs.field(default=0.22, validator=within(0.08, 0.4))
    """Distance between the eyes for the framing ``eyes``, as a part of the crop, 0.08 to 0.4."""
    min_clip_s: float = attrs.field(default=2.0, validator=within(0.4, 60.0))
    """Shorter stretches are left out, in seconds, 0.4 to 60."""
    max_clip_s: float = attrs.field(default=10.0, validator=within(0.8, 120.0))
    """Longer stretches are cut where the lips rest, in seconds, 0.8 to 120; at least twice
    ``min_clip_s``. The frames of one clip are held in memory."""
    largest_side: int = attrs.field(default=1920, validator=within(256, 8192))
    """Frames whose longer side is more are shrunk to it when they are decoded, in pixels, 256 to
    8192: it bounds memory and time."""
    min_face: int = attrs.field(default=64, validator=within(24, 1024))
    """Least width of a face (the detector's box) in pixels of the decoded frame, 24 to 1024. The
    crop is about 2.2 times as wide: less than 64 is enlarged more than twice at 256 px."""
    min_sharpness: float = attrs.field(default=0.25, validator=within(0.0, 1.0))
    """Least sharpness, 0 to 1: one minus the blur measure of Crete et al. 2007, on the face at 112
    px. A Gaussian blur of 2 px there gives about 0.3."""
    max_yaw: float = attrs.field(default=35.0, validator=within(5.0, 90.0))
    """Farthest turn of the head to a side, in degrees, 5 to 90."""
    max_pitch: float = attrs.field(default=30.0, validator=within(5.0, 90.0))
    """Farthest nod up or down, in degrees, 5 to 90; its zero differs from person to person."""
    max_roll: float = attrs.field(default=30.0, validator=within(5.0, 90.0))
    """Farthest tilt, in degrees, 5 to 90."""
    min_light: float = attrs.field(default=35.0, validator=within(0.0, 255.0))
    """Least mean brightness of the face, 0 to 255."""
    max_light: float = attrs.field(default=235.0, validator=within(0.0, 255.0))
    """Highest mean brightness of the face, 0 to 255."""
    max_occluded: float = attrs.field(default=0.25, validator=within(0.0, 1.0))
    """Largest part of the face that may look unlike itself (something stands before it), 0 to 1."""
    min_found: float = attrs.field(default=0.9, validator=within(0.0, 1.0))
    """Least share of a clip's frames in which the face was found, 0 to 1."""
    bridge_frames: int = attrs.field(default=6, validator=within(0, 25))
    """Faults and lost faces of at most so many frames are bridged, 0 to 25."""
    max_travel: float = attrs.field(default=0.18, validator=within(0.02, 0.5))
    """How far the eyes may go from their usual place in a clip, as a part of the crop's side, 0.02
    to 0.5: the crop stands still, so a head that goes further ends the clip."""
    max_outside: float = attrs.field(default=0.25, validator=within(0.0, 0.9))
    """Largest part of the crop that may lie beyond the picture, where it is mirrored, 0 to 0.9."""
    most_faces: int = attrs.field(default=3, validator=within(1, 8))
    """Faces that are followed at once, 1 to 8; with more of comparable size nobody is kept."""
    rival_size: float = attrs.field(default=0.5, validator=within(0.1, 1.0))
    """Faces of less than this part of the largest one's width are bystanders, 0.1 to 1."""

    def __attrs_post_init__(self) -> None:
        """Refuse lengths that cannot be kept, and an unknown framing."""
        if self.max_clip_s < 2 * self.min_clip_s:
            raise ValueError("max_clip_s must be at least twice min_clip_s")
        if self.framing not in ("eyes", "ffhq"):
            raise ValueError("framing must be 'eyes' or 'ffhq'")

    @property
    def min_frames(self) -> int:
        """Least frames of a clip."""
        return max(5, round(self.min_clip_s * FPS))

    @property
    def max_frames(self) -> int:
        """Most frames of a clip."""
        return round(self.max_clip_s * FPS)

    def plain(self) -> dict[str, Any]:
        """The options, ready for JSON."""
        return attrs.asdict(self)
