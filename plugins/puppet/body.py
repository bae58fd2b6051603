"""Neck and shoulders: a stack of rounded sections that clothes are offset from."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.atlas import Atlas
from styletalker.plugins.puppet.fields import (
    Curve,
    Field,
    FloatArray,
    bump,
    grid_triangles,
    noise,
    ramp,
    signed_power,
)
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parts import Material, Part

__all__ = ["BODY_FIXED", "body_headness", "body_point", "neck_part", "paint_neck"]

_LEVELS = (-36.0, -26.0, -20.5, -18.0, -16.0, -14.6, -13.0, -10.0, -3.0)
_HALF_WIDTH = Curve(_LEVELS, (22.5, 21.5, 18.5, 14.0, 9.0, 6.7, 5.75, 5.35, 5.3))
_HALF_DEPTH = Curve(_LEVELS, (11.0, 10.2, 9.0, 7.9, 6.9, 6.0, 5.5, 5.2, 3.4))
_MIDDLE = Curve(_LEVELS, (-3.2, -3.0, -2.8, -2.7, -2.7, -2.5, -2.3, -2.2, -3.0))
"""Half width, half depth and centre of the sections, cm; the neck leans forwards."""
BODY_FIXED, _HEAD_FIXED = -15.5, -8.5
"""Below the first level everything stays with the body, above the second it follows the head."""


def body_point(angle: Field, y: Field, offset: Field, identity: Identity) -> FloatArray:
    """Points [..., 3] at *angle* (0 = front) and height *y*, *offset* cm over the body."""
    thin = 1.0 + (identity.neck_width - 1.0) * ramp(-17.0, -14.0, y)
    cosine = signed_power(np.cos(angle), 0.85)
    strap = 1.35 - 0.075 * np.clip(-9.0 - y, 0, 9)  # the muscle from the ear to the collarbone
    muscle = 0.22 * bump(np.abs(angle), 1.05 * strap - 0.25, 0.20) * ramp(-17.4, -15.5, y)
    notch = -0.35 * bump(angle, 0.0, 0.16) * bump(y, -16.6, 0.8)
    bone = 0.22 * bump(y, -17.3 + 0.5 * np.abs(angle), 0.40) * bump(np.abs(angle), 0.55, 0.45)
    out = offset + (muscle + notch + bone)
    x = (_HALF_WIDTH(y) * thin + out) * np.sin(angle)
    z = _MIDDLE(y) + (_HALF_DEPTH(y) * thin + out) * cosine
    points: FloatArray = np.stack(np.broadcast_arrays(x, y, z), -1)
    return points


def body_headness(y: Field) -> FloatArray:
    """How much points at height *y* follow the head, 0 to 1."""
    follows: FloatArray = ramp(BODY_FIXED, _HEAD_FIXED, y)
    return follows


def neck_part(identity: Identity) -> Part:
    """The skin of the neck, from inside the head to under the clothes."""
    rows, columns = 30, 64
    y = np.linspace(-4.0, -24.0, rows)[:, None]
    angle = np.linspace(-np.pi, np.pi, columns)[None]
    # At the sides the skin sinks under the clothes before they can touch it.
    sink = -1.5 * ramp(-15.6, -17.5, y) * ramp(0.45, 0.9, np.abs(angle))
    points = body_point(angle, y, sink, identity)
    shade = ramp(-9.5, -13.5, y) * ramp(-2.4, 0.0, -np.abs(angle))
    return Part(
        name="neck",
        points=points.reshape(-1, 3),
        triangles=grid_triangles(rows, columns)[:, ::-1],
        uv=Atlas.uv("neck", angle / (2 * np.pi) + 0.5, (-4.0 - y) / 20.0).reshape(-1, 2),
        material=Material.SKIN,
        occlusion=(0.66 + 0.34 * shade).reshape(-1),
        headness=body_headness(points[..., 1]).reshape(-1),
    )


def paint_neck(
    atlas: Atlas, tone: FloatArray, identity: Identity, rng: np.random.Generator
) -> None:
    """Skin of the tone [3] with soft blotches and, with age, rings."""
    shape = Atlas.shape("neck")
    y = np.linspace(-4.0, -24.0, shape[0])[:, None]
    blotch = 1 + 0.02 * noise(rng, shape, (12, 24)) + 0.012 * noise(rng, shape, (60, 120))
    rings = sum(bump(y + 0.15 * noise(rng, shape, (3, 9)), level, 0.12) for level in (-12.9, -14.3))
    shade = blotch * (1 - (0.05 + 0.10 * identity.age) * rings)
    warm = np.array([1.0, 0.96, 0.95])
    atlas.put("neck", tone * warm * shade[..., None], 0.45)
