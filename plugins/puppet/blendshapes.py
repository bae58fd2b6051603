"""Blend shapes: how each weight parameter displaces the face, and how it hangs on the jaw."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from styletalker.plugins.puppet.face import FaceShape
from styletalker.plugins.puppet.fields import FloatArray, IntArray, bump, lerp, ramp
from styletalker.plugins.puppet.topology import LIP_POINTS, LIPS, Topology

__all__ = ["SHAPES", "JawRig", "jaw_rig", "shape_deltas"]


@attrs.frozen(kw_only=True, eq=False)
class _Domain:
    """The coordinates the shapes are written in, each [V]."""

    x: FloatArray
    """Distance from the midline, cm, signed."""
    out: FloatArray
    """``|x|``."""
    side: FloatArray
    """Sign of x."""
    level: FloatArray
    """Level, cm."""
    above: FloatArray
    """Signed distance from the slit between the lips, cm; lip vertices never change sides."""
    upper: FloatArray
    """1 over the slit, 0 below."""
    half: float
    """Half the mouth's width, cm."""
    slit: FloatArray
    """1 over the middle of the slit, 0 at its ends and beyond; fades away from the lips."""
    near: FloatArray
    """1 on the lips, 0 elsewhere."""


def _domain(face: FaceShape, topology: Topology) -> _Domain:
    above = face.level - face.mouth_level
    near = topology.feature == LIPS
    above = np.where(near, np.where(topology.upper, 1, -1) * np.abs(above), above)
    out = np.abs(face.x)
    inner = np.clip(1 - np.square(out / (face.mouth_half + 0.1)), 0, 1)
    slit = inner**0.7 * np.exp(-np.square(above / 1.3))
    return _Domain(
        x=face.x, out=out, side=np.sign(face.x), level=face.level, above=above,
        upper=(above >= 0).astype(float), half=face.mouth_half, slit=slit,
        near=near.astype(float),
    )  # fmt: skip


def _vectors(x: FloatArray | float, y: FloatArray | float, z: FloatArray | float,
             like: FloatArray) -> FloatArray:  # fmt: skip
    return np.stack([np.broadcast_to(part, like.shape) for part in (x, y, z)], -1)


def _part(d: _Domain) -> FloatArray:
    return _vectors(0.0, d.slit * lerp(-0.42, 0.30, d.upper), 0.0, d.x)


def _round(d: _Domain) -> FloatArray:
    beyond = np.exp(-np.square(np.clip(d.out - d.half, 0, 9) / 1.6))
    x = -d.x * 0.34 * bump(d.above, 0, 2.4) * beyond
    z = 0.95 * bump(d.x, 0, 2.0) * bump(d.above, 0, 1.35)
    return _vectors(x, d.slit * lerp(-0.10, 0.09, d.upper), z, d.x)


def _spread(d: _Domain) -> FloatArray:
    beyond = np.exp(-np.square(np.clip(d.out - d.half, 0, 9) / 1.9))
    x = d.side * ramp(0.2, 2.4, d.out) * beyond * bump(d.above, 0, 1.9) * 0.52
    y = d.slit * lerp(-0.16, 0.06, d.upper) + 0.10 * bump(d.out, d.half, 1.2) * bump(
        d.above, 0, 1.3
    )
    z = -0.30 * bump(d.out, d.half, 1.5) * bump(d.above, 0, 1.5)
    return _vectors(x, y, z, d.x)


def _press(d: _Domain) -> FloatArray:
    y = -0.42 * d.near * d.above * bump(d.above, 0, 1.3)
    z = -0.10 * d.slit * d.near + 0.08 * bump(d.above, -1.6, 0.6) * bump(d.x, 0, 2.0)
    return _vectors(0.0, y, z, d.x)


def _fv(d: _Domain) -> FloatArray:
    y = d.upper * d.slit * 0.30
    z = -(1 - d.upper) * d.slit * bump(d.above, 0, 0.8) * 0.25
    return _vectors(0.0, y, z, d.x)


def _lip_up(d: _Domain) -> FloatArray:
    y = d.upper * bump(d.above, 0, 2.0) * bump(d.out, 0, 2.6) * 0.42
    return _vectors(0.0, y * np.where(d.near * (d.out > 0.9 * d.half) > 0, 0.4, 1.0), 0.0, d.x)


def _smile(d: _Domain) -> FloatArray:
    corner = bump(d.out, d.half + 0.1, 1.5) * bump(d.above, 0, 1.7)
    x = d.side * (corner * 0.50 + 0.12 * bump(d.out, 1.4, 0.6) * bump(d.level, -4.2, 0.8))
    y = corner * 0.62 + 0.30 * bump(d.out, 4.0, 1.4) * bump(d.level, -3.6, 1.5)
    z = -0.35 * bump(d.out, d.half, 0.9) * bump(d.above, 0, 1.0)
    z += 0.35 * bump(d.out, 3.9, 1.3) * bump(d.level, -3.4, 1.3)
    return _vectors(x, y, z, d.x)


def _frown(d: _Domain) -> FloatArray:
    y = -0.42 * bump(d.out, d.half + 0.1, 1.2) * bump(d.above, 0, 1.4)
    return _vectors(0.0, y, 0.12 * bump(d.x, 0, 2.0) * bump(d.level, -9.8, 1.0), d.x)


def _brow(d: _Domain) -> FloatArray:
    height = np.exp(-np.square(np.clip(d.level - 2.2, 0, 9) / 2.2)) * ramp(0.75, 1.7, d.level)
    brow: FloatArray = np.where(d.level > 0.7, height, 0.0) * ramp(6.4, 4.5, d.out)
    return brow


def _brow_up(d: _Domain) -> FloatArray:
    return _vectors(0.0, _brow(d) * 0.62 * lerp(0.9, 1.1, ramp(1.0, 4.0, d.out)), 0.0, d.x)


def _brow_in(d: _Domain) -> FloatArray:
    brow = _brow(d)
    x = -d.side * brow * 0.26 * bump(d.out, 1.6, 1.2)
    return _vectors(
        x, -0.34 * brow * bump(d.out, 1.2, 2.0), 0.15 * brow * bump(d.out, 0.9, 0.7), d.x
    )


def _squint(d: _Domain) -> FloatArray:
    lid = bump(d.out, 3.2, 1.6) * bump(d.level, -0.8, 0.6)
    y = 0.17 * lid + 0.20 * bump(d.out, 4.0, 1.5) * bump(d.level, -2.6, 1.3)
    return _vectors(0.0, y, 0.20 * bump(d.level, -0.85, 0.45) * bump(d.out, 3.2, 1.6), d.x)


SHAPES: dict[str, Callable[[_Domain], FloatArray]] = {
    "part": _part, "round": _round, "spread": _spread, "press": _press, "fv": _fv,
    "lip_up": _lip_up, "smile": _smile, "frown": _frown, "brow_up": _brow_up,
    "brow_in": _brow_in, "squint": _squint,
}  # fmt: skip
"""The blend shape of each weight parameter of the face's skin."""


def shape_deltas(face: FaceShape, topology: Topology) -> FloatArray:
    """Displacements [shapes, V, 3] in the order of :data:`SHAPES`."""
    domain = _domain(face, topology)
    return np.stack([shape(domain) for shape in SHAPES.values()])


@attrs.frozen(kw_only=True, eq=False)
class JawRig:
    """How the face hangs on the jaw and how its lips meet."""

    weight: FloatArray
    """[V] 0 fixed to the skull, 1 turning with the jaw."""
    column: FloatArray
    """[V] which pair of facing lip points a vertex follows, 0 (right corner) to LIP_POINTS / 2."""
    follow: FloatArray
    """[V] share of the closing gap a vertex takes: positive rises, negative comes down."""
    tuck: FloatArray
    """[V] share of the lower lip's way to the teeth that a vertex takes: its red only."""
    upper: IntArray
    """[LIP_POINTS / 2 + 1] vertices of the upper lip's inner edge, from corner to corner."""
    lower: IntArray
    """The vertices facing them."""


_LOWER_SHARE = 0.75
"""Part of a gap between the lips that the lower lip closes: it is the one that is free."""


def jaw_rig(face: FaceShape, topology: Topology) -> JawRig:
    """Jaw weights, and which lip vertices close onto each other."""
    d = _domain(face, topology)
    arch = np.sqrt(np.clip(1 - np.square(d.out / (d.half + 0.12)), 0, 1))
    softness = 1.0 + 0.75 * np.clip(d.out - d.half, 0, 9)
    fixed = (0.5 - 0.5 * arch) * np.exp(-np.abs(d.above) / softness)
    weight = np.where(d.above >= 0, fixed, 1 - fixed)

    half = LIP_POINTS // 2
    columns = np.arange(half + 1)
    upper = topology.lips[0, columns]
    lower = topology.lips[0, (LIP_POINTS - columns) % LIP_POINTS]
    cosine = np.where(d.near > 0, topology.cosine, np.clip(d.x / (d.half + 0.3), -1, 1))
    column = np.arccos(np.clip(cosine, -1, 1)) * half / np.pi
    reach = np.maximum(np.abs(d.above) - 0.35, 0.0)  # the red of the lips moves as a whole
    fade = bump(reach, 0.0, 1.1)
    follow = fade * np.where(d.upper > 0, -(1 - _LOWER_SHARE), _LOWER_SHARE)
    tuck = (1 - d.upper) * bump(np.maximum(np.abs(d.above) - 0.25, 0.0), 0.0, 0.75)
    return JawRig(
        weight=weight, column=column, follow=follow, tuck=tuck, upper=upper, lower=lower
    )  # fmt: skip
