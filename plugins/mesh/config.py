"""Options of the generator ``mesh`` and the inverter ``mesh_fit``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["MeshConfig", "MeshFitConfig"]


@attrs.frozen(kw_only=True)
class MeshConfig:
    """Options of :class:`styletalker.plugins.mesh.generator.Mesh`."""

    resolution: int = attrs.field(default=512, validator=within(64, 1024))
    """Height and width of the images in pixels, 64 to 1024."""


@attrs.frozen(kw_only=True)
class MeshFitConfig:
    """Options of :class:`styletalker.plugins.mesh.inverter.MeshFit`."""

    boxes: int = attrs.field(default=9, validator=within(1, 33))
    """Shifted boxes in which the landmarks of a portrait are found and averaged, 1 to 33."""
    track_boxes: int = attrs.field(default=3, validator=within(1, 33))
    """The same for each frame of a video, 1 to 33; each takes about 2 ms a frame."""
    least_eyes_px: float = attrs.field(default=14.0, validator=within(4.0, 256.0))
    """Faces whose eyes are nearer than this are refused as too small, in pixels, 4 to 256."""
    most_yaw_deg: float = attrs.field(default=35.0, validator=within(5.0, 60.0))
    """Faces turned farther than this are refused, in degrees, 5 to 60: the hidden half is not in
    the photo."""
    most_error: float = attrs.field(default=0.06, validator=within(0.01, 1.0))
    """Largest mean distance of the fitted face from the landmarks, as a part of the distance
    between the eyes, 0.01 to 1; photos are at 0.01 to 0.03."""
