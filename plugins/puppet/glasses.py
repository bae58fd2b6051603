"""Glasses: thin tubes bent around the eyes, over the nose and back to the ears."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.fields import FloatArray, grid_triangles, signed_power, unit
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.lids import Eyelids
from styletalker.plugins.puppet.parts import Material, Part

__all__ = ["glasses_parts"]

_SIDES = 6
"""A tube is a hexagon across: at 256 px it is two pixels wide."""
_RIM_POINTS = 36
_SHAPES = {"round": (2.25, 2.15, 1.0), "square": (2.5, 1.75, 0.62)}
"""Half width and half height of a rim, cm, and the exponent that squares its corners."""
_BEFORE_EYE = 0.75
"""Distance from the cornea to the rims, cm."""


def _tube(path: FloatArray, radius: float, *, closed: bool) -> tuple[FloatArray, NDArray[np.int32]]:
    around = np.concatenate([path[-1:], path, path[:1]]) if closed else path
    step: FloatArray = np.asarray(np.gradient(around, axis=0))
    tangent = unit(step[1:-1] if closed else step)
    forward = np.abs(tangent[:, 2]).mean() >= 0.6
    reference = np.array([0.0, 1.0, 0.0]) if forward else np.array([0.0, 0.0, 1.0])
    across = unit(np.cross(tangent, reference))
    up = np.cross(across, tangent)
    angle = (np.arange(_SIDES) * 2 * np.pi / _SIDES)[None, :, None]
    rings = path[:, None] + radius * (np.cos(angle) * across[:, None] + np.sin(angle) * up[:, None])
    if closed:
        rings = np.concatenate([rings, rings[:1]])
    return rings.reshape(-1, 3), grid_triangles(len(rings), _SIDES, closed=True)[:, ::-1]


def glasses_parts(identity: Identity, lids: Eyelids, atlas: Atlas) -> list[Part]:
    """The frame, or nothing; also paints its colour."""
    if identity.glasses == "none":
        return []
    atlas.put("frame", identity.glasses_rgb, 1.0)
    half_width, half_height, corner = _SHAPES[identity.glasses]
    depth = lids.centres[:, 2].mean() + lids.radius + _BEFORE_EYE
    middle = np.abs(lids.centres[:, 0]).mean() + 0.02
    angle = np.linspace(0, 2 * np.pi, _RIM_POINTS, endpoint=False)
    ring_x = half_width * signed_power(np.cos(angle), corner)
    ring_y = half_height * signed_power(np.sin(angle), corner) - 0.25
    tubes = []
    for side in (-1, 1):
        curve = depth - 0.12 * np.square((middle + side * ring_x) / 3.2)
        rim = np.stack([side * middle + ring_x, ring_y, curve], -1)
        tubes.append(_tube(rim, 0.13, closed=True))
        hinge = np.array([side * (middle + half_width), 0.35, depth - 0.75])
        ear_x = side * 7.6 * identity.face_width
        bend = hinge + np.array([side * 0.55, 0.1, -0.8])
        temple = np.array([hinge, bend, [ear_x, 0.4, 2.0], [ear_x, 0.5, -1.2]])
        tubes.append(_tube(temple, 0.12, closed=False))
    gap = middle - half_width
    bridge = [[-gap, 0.25, depth], [-0.4, 0.62, depth + 0.25], [0.4, 0.62, depth + 0.25],
              [gap, 0.25, depth]]  # fmt: skip
    tubes.append(_tube(np.array(bridge), 0.13, closed=False))
    points, triangles, start = [], [], 0
    for vertices, faces in tubes:
        points.append(vertices)
        triangles.append(faces + start)
        start += len(vertices)
    return [
        Part(
            name="glasses",
            points=np.concatenate(points),
            triangles=np.concatenate(triangles),
            uv=Atlas.uv("frame", np.full(start, 0.5), 0.5),
            material=Material.FRAME,
            two_sided=True,
        )
    ]
