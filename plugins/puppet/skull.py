"""The featureless skull: a surface over azimuth and level, made of stacked rounded sections."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.fields import Curve, Field, FloatArray, lerp, ramp, unit
from styletalker.plugins.puppet.identity import Identity

__all__ = ["ARC_RADIUS", "CROWN", "azimuth_of", "proportion", "skull_normal", "skull_point"]

ARC_RADIUS = 7.1
"""Radius in cm that turns an azimuth into a length along the skull (half the head's width)."""
CROWN = 11.6
"""Level of the top of the skull: the head is as high above the eyes as the chin is below."""

_DOME_START = 4.0
_LEVELS = (-13.0, -12.4, -11.9, -11.3, -10.6, -9.5, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0)
_HALF_WIDTH = Curve(_LEVELS, (2.4, 3.1, 4.1, 4.9, 5.25, 5.62, 6.05, 6.5, 6.88, 7.1, 7.2, 7.38, 7.5))
_FRONT = Curve(_LEVELS, (2.0, 4.4, 6.8, 8.15, 8.75, 9.0, 8.95, 9.35, 9.2, 8.9, 8.75, 9.3, 9.15))
_HEIGHT = Curve(
    _LEVELS, (-11.45, -11.5, -11.45, -11.2, -10.55, -9.5, -8.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0)
)
_RISE = Curve(_LEVELS, (3.6, 4.3, 4.9, 4.9, 4.6, 3.9, 2.9, 1.6, 0.7, 0.15, 0.0, 0.0, 0.0))
"""How much a section climbs from the chin back to the jaw's angle, cm."""
_CENTRE, _AXES = np.array([0.0, 2.5, -1.0]), np.array([7.3, 9.0, 9.3])
"""Centre and half axes of the ellipsoid nearest to the skull, cm."""
_SHORTER = 0.055
"""The features are laid out on a head from eyes to chin as high as from eyes to crown; faces
are this much shorter below the eyes."""
_BACK = 8.4
"""Depth of the back of the head behind the ears, cm."""


def azimuth_of(x: Field) -> FloatArray:
    """Azimuth whose frontal distance from the midline is *x* cm (short of the silhouette)."""
    azimuth: FloatArray = np.arcsin(np.clip(x / ARC_RADIUS, -0.9925, 0.9925))
    return azimuth


def skull_point(theta: Field, level: Field, identity: Identity) -> FloatArray:
    """Points [..., 3] of the skull at azimuth *theta* and height coordinate *level*."""
    over = np.clip((level - _DOME_START) / (CROWN - _DOME_START), 0.0, 1.0)
    dome = np.clip(1.0 - over**2.25, 0.0, 1.0) ** (1 / 2.15)
    jaw = lerp(1.0, identity.jaw_width, ramp(-3.0, -9.0, level))
    half_width = _HALF_WIDTH(level) * dome * identity.face_width * jaw
    front = -1.2 + (_FRONT(level) + 1.2) * dome
    middle = -1.2 + 0.9 * dome
    cosine = np.cos(theta)
    squareness = lerp(0.92, 1.0, ramp(-4.0, -9.0, level))
    depth = np.abs(cosine)
    x = half_width * np.sin(theta)
    z = middle + np.where(
        cosine > 0, (front - middle) * depth**squareness, -_BACK * dome * depth**0.9
    )
    rise = _RISE(level) * np.minimum(1.0 - cosine, 1.15) ** 1.3
    y = np.where(level < _DOME_START, _HEIGHT(level), level) + rise
    points: FloatArray = np.stack([x, y, z], -1)
    return points


def skull_normal(points: FloatArray) -> FloatArray:
    """Directions [..., 3] in which hair and cloth stand off the skull at *points*.

    They are the normals of an ellipsoid: the skull's own would kink at the ears.
    """
    return unit((points - _CENTRE) / _AXES**2)


def proportion(points: FloatArray, identity: Identity) -> FloatArray:
    """*points* with the lower face in the identity's proportion, short and narrow for a child."""
    child = identity.child
    below = points[..., 1]
    warped = points.copy()
    shorter = _SHORTER + 0.15 * child + 1.0 - identity.face_length
    warped[..., 1] *= 1.0 - shorter * ramp(-0.5, -4.0, below)
    warped[..., 0] *= 1.0 - 0.06 * child * ramp(-5.0, -11.0, below)
    return warped
