"""Ears: a shallow bowl with a rolled rim, a fold and a lobe."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.atlas import skin_uv
from styletalker.plugins.puppet.fields import bump, grid_triangles, ramp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parts import Material, Part
from styletalker.plugins.puppet.skull import skull_point

__all__ = ["ear_parts"]

_ROWS, _COLUMNS = 10, 28
_STAND_OFF = np.radians(24.0)
"""Angle between the ear and the head."""
_AZIMUTH, _LEVEL = 1.62, -1.2
"""Where the ear's middle is: behind the jaw's joint, between eye and nose tip."""


def ear_parts(identity: Identity) -> list[Part]:
    """Both ears."""
    radius = np.repeat(np.linspace(0, 1, _ROWS), _COLUMNS)
    angle = np.tile(np.arange(_COLUMNS) * 2 * np.pi / _COLUMNS, _ROWS)
    cosine, sine = np.cos(angle), np.sin(angle)
    below = np.clip(-sine, 0, 1)
    behind = radius * 1.7 * cosine * (1 - 0.30 * below) * identity.ear_size
    up = radius * (3.0 * sine + 0.25) * identity.ear_size
    bowl = np.interp(radius, [0, 0.35, 0.6, 0.74, 0.88, 1.0], [-0.1, 0.05, 0.5, 0.5, 0.85, 0.25])
    groove = bump(radius, 0.76, 0.07)
    bowl = bowl - 0.32 * groove * (cosine > -0.6) * (sine > -0.7)
    bowl = bowl * (0.55 + 0.45 * np.sin(angle / 2 + 0.2) ** 2) * (1 - 0.3 * below**2 * radius)
    width = float(skull_point(np.array(_AZIMUTH), np.array(_LEVEL), identity)[0])
    out = width - 0.10 + 0.85 * bowl + behind * np.sin(_STAND_OFF) + 0.18
    out = out - 0.5 * ramp(-0.2, -0.9, cosine) * radius**2  # the front edge sinks into the cheek
    rim = np.interp(
        radius, [0, 0.3, 0.5, 0.62, 0.74, 0.82, 0.92, 1], [0.5, 0.6, 0.9, 0.98, 0.68, 0.95, 1, 0.8]
    )
    parts = []
    for name, side in (("ear_left", -1), ("ear_right", 1)):
        points = np.stack(
            [side * out, up - 1.0, -behind * np.cos(_STAND_OFF) - 1.0 + 0.06 * up], -1
        )
        triangles = grid_triangles(_ROWS, _COLUMNS, closed=True)
        parts.append(
            Part(
                name=name,
                points=points,
                triangles=triangles[:, ::-1] if side > 0 else triangles,
                uv=skin_uv(np.full(len(points), side * 1.25), np.full(len(points), -3.0)),
                material=Material.SKIN,
                occlusion=rim,
            )
        )
    return parts
