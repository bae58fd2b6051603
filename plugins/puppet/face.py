"""The face of one identity: the shared mesh, warped in its flat domain, raised from the skull."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import Curve, FloatArray, bump, lerp, ramp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.skull import ARC_RADIUS, azimuth_of, skull_point
from styletalker.plugins.puppet.topology import (
    EYE_X,
    LIP_RINGS,
    LIPS,
    MOUTH_HALF,
    MOUTH_LEVEL,
    NO_RING,
    Topology,
    lip_borders,
)

__all__ = ["FaceShape", "face_shape", "inside_shade"]

_NOSE_PROFILE = Curve(
    (-5.6, -5.15, -4.8, -4.4, -3.95, -3.45, -2.4, -1.0, 0.2, 1.2),
    (0.0, 0.22, 0.86, 1.66, 2.12, 2.08, 1.45, 0.74, 0.22, 0.0),
)
"""Height of the nose's ridge over the skull, cm."""
_NOSE_WIDTH = Curve(
    (-5.5, -4.6, -3.9, -3.2, -2.0, -0.6, 1.2), (0.78, 1.02, 1.14, 1.00, 0.84, 0.80, 0.95)
)
_LIP_HEIGHT = ((0.0, 0.18, 0.4, 0.65, 0.85, 1.0, 1.25), (-0.10, 0.20, 0.40, 0.40, 0.27, 0.12, 0.0))
"""How far the lips stand out over the skull at each ring, cm."""
_LIP_RIM_DEPTH = np.array([0.0, 0.30, 0.75, 1.3])
_LIP_RIM_SHADE = np.array([1.0, 0.45, 0.18, 0.06])
_LIP_RIM_SPREAD = np.array([0.0, -0.01, 0.25, 0.65])
"""Where the inside of the lips runs: backwards, and away from the slit, cm."""


@attrs.frozen(kw_only=True, eq=False)
class FaceShape:
    """Rest positions of the face and the warped domain its blend shapes are defined in."""

    points: FloatArray
    """[V, 3] rest positions, cm (lids not yet fitted to the eyeballs)."""
    x: FloatArray
    """[V] frontal distance from the midline after the identity's warps, cm."""
    level: FloatArray
    """[V] level after the identity's warps, cm."""
    lip_position: FloatArray
    """[V] lip ring coordinate (0 slit, 1 border of the red), 0 elsewhere."""
    mouth_level: float
    """Level of the slit between the lips, cm."""
    mouth_half: float
    """Half the mouth's width, cm."""


def _closed_lips(
    x: FloatArray, level: FloatArray, topology: Topology, identity: Identity
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lips shut along the mouth line and grown to the identity's thickness."""
    is_lip = topology.feature == LIPS
    rings = np.array([*LIP_RINGS])
    position = np.where(
        is_lip, rings[np.clip(topology.ring, 0, len(rings) - 1)] * (topology.ring >= 0), 0.0
    )
    upper, lower = lip_borders(topology.cosine)
    sign = np.where(topology.upper, 1.0, -1.0)
    outside = np.clip(position - 1.0, 0.0, None)
    sine = np.sqrt(np.clip(1 - topology.cosine**2, 0, 1))
    red = np.where(topology.upper, upper * identity.upper_lip, lower * identity.lower_lip)
    last = np.where(topology.upper, upper, lower) + sign * (0.22 * sine**0.7 + 0.825 * sine)
    reach = LIP_RINGS[-1] - 1.0
    across = (MOUTH_HALF + 0.14 * position + 0.35 * outside) * topology.cosine
    share = np.clip(np.abs(across) / MOUTH_HALF, 0.0, 1.15)
    line = -0.05 * bump(across, 0.0, 0.5) + 0.03 * share**3
    height = red * np.minimum(position, 1.0) + outside / reach * (last - red)
    return (
        np.where(is_lip, across, x),
        np.where(is_lip, MOUTH_LEVEL + line + height, level),
        position,
    )


def _nose_pull(x: FloatArray, level: FloatArray) -> FloatArray:
    """How much a point follows when the nose gets longer."""
    along = np.where(level > -4.2, ramp(0.5, -4.0, level), bump(level, -4.2, 1.1))
    pull: FloatArray = bump(x, 0.0, 2.2) * along
    return pull


def _warp(x: FloatArray, level: FloatArray, identity: Identity) -> tuple[FloatArray, FloatArray]:
    """Move eyes, mouth, nose and chin within the flat domain."""
    side, out = np.sign(x), np.abs(x)
    eye = np.clip(1.25 * np.exp(-np.square(((out - EYE_X) / 2.3) ** 2 + (level / 1.6) ** 2)), 0, 1)
    tilt = np.radians(identity.eye_tilt - 2.0)
    dx, dy = out - EYE_X, level
    turned_x = identity.eye_size * (dx * np.cos(tilt) - dy * np.sin(tilt))
    droop = 1.0 - 0.12 * identity.age - 0.06 * identity.lid_hood
    opening = np.where(dy > 0, identity.eye_opening * droop, identity.eye_opening)
    turned_y = identity.eye_size * (dx * np.sin(tilt) + dy * np.cos(tilt) * opening)
    x = side * lerp(out, EYE_X + identity.eye_separation + turned_x, eye)
    level = lerp(level, turned_y, eye)
    mouth = bump(x, 0.0, 4.2) * bump(level, MOUTH_LEVEL, 2.2)
    x = x * (1.0 + (identity.mouth_width - 1.0) * mouth)
    level = level + identity.mouth_height * bump(x, 0.0, 4.0) * bump(level, MOUTH_LEVEL, 2.0)
    pull = _nose_pull(x, level)
    wide = bump(x, 0.0, 2.0) * bump(level, -3.9, 1.8)
    x = x * (1.0 + (identity.nose_width - 1.0) * wide)
    return x, level - identity.nose_length * pull


def _nose(x: FloatArray, level: FloatArray, identity: Identity) -> FloatArray:
    out = np.abs(x)
    along = level + identity.nose_length * _nose_pull(x, level)
    ridge = _NOSE_PROFILE(along) * identity.nose_projection
    ridge = ridge + 0.8 * identity.nose_bridge * bump(along, -1.6, 1.3)
    width = _NOSE_WIDTH(along) * lerp(1.0, identity.nose_width, 0.5)
    relief = ridge * np.exp(-(np.abs(x / width) ** 1.9))
    wing_x = 1.26 * identity.nose_width**0.5
    wing = (((out - wing_x) / 0.55) ** 2 + ((along + 4.2) / 0.60) ** 2) ** 1.2
    relief += 0.92 * identity.nose_projection**0.5 * np.exp(-wing)
    relief -= 0.30 * bump(out, 0.66, 0.26) * bump(along, -4.85, 0.22)
    raised: FloatArray = relief
    return raised


def _relief(x: FloatArray, level: FloatArray, identity: Identity) -> FloatArray:
    """How far the features stand out of the skull, cm."""
    out = np.abs(x)
    age, full = identity.age, identity.cheek_fullness
    z = _nose(x, level, identity)
    z -= 0.60 * bump(out, 2.2, 1.25) * bump(level, 0.35, 0.95)  # eye sockets
    z -= 0.22 * bump(out, 3.8, 1.3) * bump(level, -0.9, 0.7)
    z += 0.16 * identity.eye_bags * bump(out, 3.0, 1.2) * bump(level, -1.15, 0.35)
    ridge = (0.14 + 0.40 * identity.brow_ridge) * (1 - 0.35 * bump(x, 0, 0.9))
    z += ridge * bump(level, 1.9, 0.75) * ramp(5.3, 3.4, out)
    bone = 0.15 + 0.45 * identity.cheekbone
    z += bone * bump(out, 4.7, 1.5) * bump(level + 0.15 * (out - 4.7), -1.9, 1.15)
    z += (0.18 + 0.38 * full) * bump(out, 3.5, 1.5) * bump(level, -3.7, 1.6)
    z += (0.20 + 0.42 * full - 0.15 * age) * bump(out, 4.0, 1.7) * bump(level, -6.4, 2.2)
    z += 0.30 * age * bump(out, 4.1, 1.0) * bump(level, -9.4, 1.2)  # jowls
    fold = out - (1.85 + 0.42 * np.clip(-4.1 - level, 0, 4) ** 0.95)
    z -= (
        (0.05 + 0.16 * age)
        * bump(fold, 0.0, 0.35)
        * ramp(-3.9, -4.9, level)
        * ramp(-8, -6.8, level)
    )
    z -= 0.05 * bump(out, 2.75, 0.55) * bump(level, -6.2, 1.4)
    z += -0.12 * bump(x, 0, 0.28) * bump(level, -5.65, 0.45)  # the groove under the nose
    z += 0.07 * bump(out, 0.45, 0.22) * bump(level, -5.65, 0.5)
    z -= 0.38 * bump(level, -8.75, 0.55) * bump(x, 0, 1.9)  # between lower lip and chin
    z += 0.30 * bump(level, -10.2, 1.0) * bump(x, 0, 1.35 * identity.chin_width)
    z += 0.30 * (identity.chin_width - 1) * bump(level, -10.3, 1.2) * bump(out, 2.2, 1)
    z += 0.25 * bump(level, 4.6, 1.6) * bump(out, 2.2, 1.9)
    z += 0.12 * bump(x, 0, 2.6) * bump(level, MOUTH_LEVEL, 1.6)
    raised: FloatArray = z
    return raised


def _lip_relief(topology: Topology, position: FloatArray, identity: Identity) -> FloatArray:
    is_lip = (topology.feature == LIPS) & (topology.ring >= 0) & (topology.ring < NO_RING)
    inner = np.clip(1 - topology.cosine**2, 0, 1)
    thick = np.where(topology.upper, 0.80 * identity.upper_lip**0.7, 1.05 * identity.lower_lip**0.7)
    thick = lerp(0.9, thick, np.clip(position / 0.3, 0, 1))  # the slit is in one plane
    height = np.interp(position, *_LIP_HEIGHT) * inner**0.55 * thick
    corner = 0.16 * (1 - inner) ** 3 * (position < 1.3)
    relief: FloatArray = np.where(is_lip, height - corner, 0.0)
    return relief


def face_shape(topology: Topology, identity: Identity) -> FaceShape:
    """The face of *identity* at rest: lips shut, eyes open, jaw closed."""
    theta = topology.arc / ARC_RADIUS
    frontal = ramp(1.52, 1.25, np.abs(theta))  # fades the features out before the ears
    x = ARC_RADIUS * np.sin(np.clip(theta, -np.pi / 2, np.pi / 2))
    x, level, position = _closed_lips(x, topology.level.copy(), topology, identity)
    warped_x, warped_level = _warp(x, level, identity)
    x, level = lerp(x, warped_x, frontal), lerp(level, warped_level, frontal)
    theta = lerp(theta, azimuth_of(x), frontal)

    points = skull_point(theta, level, identity)
    chin = ramp(-8.3, -11.0, level) * np.clip(np.cos(theta), 0, 1) ** 1.2
    points[:, 1] -= identity.chin_length * chin
    facing = np.clip(np.cos(theta) * 1.3, 0, 1) * frontal
    points[:, 2] += (
        _relief(x, level, identity) + _lip_relief(topology, position, identity)
    ) * facing
    cheekbone = (0.07 + 0.18 * identity.cheekbone) * bump(np.abs(theta), 1.0, 0.35)
    points[:, 0] += np.sign(x) * cheekbone * bump(level, -1.8, 1.3)

    inside = _lip_inside(topology)
    depth = -topology.ring[inside]
    inner = np.clip(1 - topology.cosine[inside] ** 2, 0, 1) ** 0.5
    points[inside, 2] -= _LIP_RIM_DEPTH[depth]
    sign = np.where(topology.upper[inside], 1.0, -1.0)
    points[inside, 1] += sign * _LIP_RIM_SPREAD[depth] * inner
    points[inside, 0] *= 1.0 + 0.05 * depth  # and outwards, behind the corners
    return FaceShape(
        points=points,
        x=x,
        level=level,
        lip_position=position,
        mouth_level=MOUTH_LEVEL + identity.mouth_height,
        mouth_half=MOUTH_HALF * identity.mouth_width,
    )


def inside_shade(topology: Topology) -> FloatArray:
    """[V] light that reaches the face: the inside of the lips gets darker inwards."""
    depth = np.where(_lip_inside(topology), -topology.ring, 0)
    return _LIP_RIM_SHADE[depth]


def _lip_inside(topology: Topology) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (topology.feature == LIPS) & (topology.ring < 0)
    return inside
