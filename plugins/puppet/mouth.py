"""What is behind the lips: teeth, tongue and the dark of the mouth."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.face import FaceShape
from styletalker.plugins.puppet.fields import FloatArray, bump, grid_triangles, lerp, ramp
from styletalker.plugins.puppet.parts import Material, Part
from styletalker.plugins.puppet.topology import Topology

__all__ = ["TONGUE_TIP_MOVE", "UPPER_EDGE_BELOW", "mouth_parts", "paint_mouth", "tongue_lift"]

UPPER_EDGE_BELOW = 0.20
"""The upper teeth end this far below the slit between the shut lips, cm."""
_TEETH_BEHIND = 0.75
"""The upper teeth stand this far behind the lips' inner edge, cm."""
TONGUE_TIP_MOVE = np.array([0.0, 1.0, 0.55])
"""Where the raised tongue's tip goes, cm."""
_ARCH = 1.42
"""Angle of half the dental arch, radians: the molars end behind the corners of the lips."""
_TEETH_COLUMNS, _TEETH_ROWS = 33, 6
_TONGUE_ROWS, _TONGUE_COLUMNS = 9, 13
_TOOTH_EDGES = np.array([0.0, 0.17, 0.32, 0.47, 0.60, 0.72, 0.83, 0.93])
"""Gaps between the teeth over half the arch: incisors are wider than molars look."""


def paint_mouth(atlas: Atlas) -> None:
    """Teeth with gaps and gums, and the plain colours of gums and tongue."""
    height, width = Atlas.shape("teeth")
    across = np.linspace(-1, 1, width)
    down = np.linspace(0, 1, height)[:, None]
    gap = np.min(np.abs(np.abs(across)[:, None] - _TOOTH_EDGES), axis=1)
    groove = 1 - 0.36 * bump(gap, 0.0, 0.010)[None] * ramp(0.1, 0.5, down)
    shade = groove * (0.84 + 0.16 * (1 - across**2))[None]
    colour = np.array([0.86, 0.83, 0.76]) * shade[..., None]
    gum = ramp(0.30, 0.14, down - 0.42 * gap[None])[..., None]
    atlas.put("teeth", lerp(colour, np.array([0.50, 0.21, 0.21]), gum), 0.8)
    atlas.put("gum", (0.28, 0.075, 0.07), 0.6)
    atlas.put("tongue", (0.50, 0.18, 0.17), 0.8)


def _arch(top: float, bottom: float, half: float, front: float, depth: float, curl: float
          ) -> FloatArray:  # fmt: skip
    turn = np.linspace(-1, 1, _TEETH_COLUMNS)[None]
    down = np.linspace(0, 1, _TEETH_ROWS)[:, None]
    y = lerp(top, bottom, down) + curl * np.abs(turn) * down
    z = front - depth * (1 - np.cos(_ARCH * turn)) + 0.10 * np.sin(0.6 * np.pi * down)
    x, y, z = np.broadcast_arrays(half * np.sin(_ARCH * turn), y, z)
    return np.stack([x, y, z], -1).reshape(-1, 3)


def _row(name: str, points: FloatArray, shade: float, jaw: float) -> Part:
    turn = np.tile(np.linspace(-1, 1, _TEETH_COLUMNS), _TEETH_ROWS)
    down = np.repeat(np.linspace(0, 1, _TEETH_ROWS), _TEETH_COLUMNS)
    return Part(
        name=name,
        points=points,
        triangles=grid_triangles(_TEETH_ROWS, _TEETH_COLUMNS),
        uv=Atlas.uv("teeth", 0.5 + 0.5 * turn, down),
        material=Material.TEETH,
        two_sided=True,
        casts_shadow=False,
        occlusion=shade * (1 - 0.72 * turn**2),  # lips and cheeks shade the molars
        jaw=jaw,
    )


def _cavity(level: float, depth: float, width: float) -> Part:
    rows, columns = 10, 24
    turn = np.linspace(0, np.pi / 2, rows)[:, None]
    around = (np.arange(columns) * 2 * np.pi / columns)[None]
    x = 2.2 * width * np.cos(turn) * np.cos(around)
    y = 1.9 * np.cos(turn) * np.sin(around)
    z = -4.2 * np.sin(turn) - 0.66 * np.square(np.cos(turn) * np.cos(around))
    points = np.stack(np.broadcast_arrays(x, y, z), -1).reshape(-1, 3)
    return Part(
        name="cavity",
        points=points + np.array([0.0, level, depth - 1.1]),
        triangles=grid_triangles(rows, columns, closed=True),
        uv=Atlas.uv("gum", np.full(len(points), 0.5), 0.5),
        material=Material.GUM,
        two_sided=True,
        casts_shadow=False,
        occlusion=np.clip(0.30 + 0.06 * points[:, 2], 0.02, 1.0),
        jaw=np.clip(-points[:, 1], 0.0, 1.0),
    )


def _tongue_along() -> FloatArray:
    """[V] 0 at the tip, 1 at the root."""
    return np.repeat(np.linspace(0, 1, _TONGUE_ROWS), _TONGUE_COLUMNS)


def tongue_lift() -> FloatArray:
    """[V] how much of the tip's rise each vertex of the tongue takes."""
    lift: FloatArray = (1 - _tongue_along()) ** 1.5
    return lift


def _tongue(level: float, depth: float) -> Part:
    along = _tongue_along()
    across = np.tile(np.linspace(-1, 1, _TONGUE_COLUMNS), _TONGUE_ROWS)
    width = 1.55 * np.sqrt(np.clip(1 - (1 - along) ** 4, 0.02, 1))
    y = -0.55 * across**2 + 0.18 * np.sin(np.pi * along)
    y -= 0.10 * bump(across, 0, 0.15) + 0.45 * (1 - along) ** 3
    points = np.stack([across * width, y, -3.6 * along], -1)
    return Part(
        name="tongue",
        points=points + np.array([0.0, level - 0.55, depth - 1.40]),
        triangles=grid_triangles(_TONGUE_ROWS, _TONGUE_COLUMNS),
        uv=Atlas.uv("tongue", np.full(len(points), 0.5), 0.5),
        material=Material.GUM,
        two_sided=True,
        casts_shadow=False,
        occlusion=1.0 - 0.75 * along,
        jaw=1.0,
    )


def mouth_parts(face: FaceShape, topology: Topology) -> list[Part]:
    """Tongue, upper and lower teeth and the cavity behind the lips of *face*."""
    level, width = face.mouth_level, face.mouth_half / 2.45
    depth = float(face.points[topology.lips[0], 2].max())
    upper = _arch(level + 0.85, level - UPPER_EDGE_BELOW, 2.45 * width, depth - _TEETH_BEHIND,
                  3.2, 0.05)  # fmt: skip
    lower = _arch(level - 1.15, level - 0.26, 2.2 * width, depth - 1.05, 3.0, -0.05)
    return [
        _tongue(level, depth),
        _row("upper_teeth", upper, 1.08, jaw=0.0),
        _row("lower_teeth", lower, 0.72, jaw=1.0),
        _cavity(level, depth, width),
    ]
