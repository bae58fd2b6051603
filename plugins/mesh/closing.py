"""The mouth at rest: lips that meet, and blend shapes that open the mouth the photo has."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from styletalker.plugins.mesh.exact import rims_follow
from styletalker.plugins.mesh.model import Neutral
from styletalker.plugins.puppet.blendshapes import SHAPES
from styletalker.plugins.puppet.face import FaceShape
from styletalker.plugins.puppet.fields import FloatArray, lerp, ramp
from styletalker.plugins.puppet.topology import LIP_POINTS, Topology

__all__ = ["facing_lips", "mouth_domain", "smooth_lips", "uncrossed", "with_closed_lips"]

_CLOSE_FALL = (1.0, 0.97, 0.90, 0.78, 0.64, 0.52, 0.40, 0.26, 0.12)
"""How far each lip ring travels with the edge when the lips close."""
_CROSS_FALL = (1.0, 0.8, 0.55, 0.3, 0.15, 0.05, 0.0, 0.0, 0.0)
_SIDEWAYS = 0.5
"""Part of the sideways distance of facing points that closing takes away."""
_KINK, _BOW = 1.6, 0.75
"""Displacements are smoothed over so many vertices along the middle of the lips; part of Cupid's
bow that rounded lips lose."""


def facing_lips() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers along the ring [pairs] of the upper lip's points, and of those that face them."""
    upper = np.arange(1, LIP_POINTS // 2)
    return upper, LIP_POINTS - upper


def _closing(points: FloatArray, topology: Topology) -> FloatArray:
    """Shifts [LIP_POINTS, 3] of the lips' edge that let facing points meet half-way."""
    ring = points[topology.lips[0]]
    upper, lower = facing_lips()
    gap = ring[upper] - ring[lower]
    moves: FloatArray = np.zeros_like(ring)
    moves[upper], moves[lower] = -0.5 * gap, 0.5 * gap
    moves[:, 0] *= _SIDEWAYS
    return moves


def _along_rings(moves: FloatArray, fall: tuple[float, ...], topology: Topology, count: int
                 ) -> FloatArray:  # fmt: skip
    everywhere = np.zeros((count, 3))
    for ring, share in enumerate(fall):
        everywhere[topology.lips[ring]] = share * moves
    rims_follow(everywhere, topology)
    return everywhere


def uncrossed(points: FloatArray, topology: Topology) -> NDArray[np.float64]:
    """*points* [V, 3] with lips that cross brought to touch: landmarks of closed lips do cross."""
    moves = _closing(points, topology)
    upper, lower = facing_lips()
    crossed = moves[upper, 1] > 0
    moves[upper] *= crossed[:, None]
    moves[lower] *= crossed[:, None]
    return np.asarray(points + _along_rings(moves, _CROSS_FALL, topology, len(points)), np.float64)


def with_closed_lips(points: FloatArray, topology: Topology) -> NDArray[np.float64]:
    """*points* [V, 3] (jaw shut) with the lips together."""
    moves = _closing(points, topology)
    closed = points + _along_rings(moves, _CLOSE_FALL, topology, len(points))
    return np.asarray(closed, np.float64)


def smooth_lips(deltas: FloatArray, base: FloatArray, topology: Topology) -> NDArray[np.float64]:
    """Blend shapes *deltas* [shapes, V, 3] without a kink in the middle of the lips of *base*.

    A shape that depends on the distance from the midline has one there. Rounded lips are drawn
    together, so their bow flattens instead of becoming a heart.
    """
    smooth, rings = np.array(deltas, np.float64), topology.lips
    middle = ramp(0.75, 0.45, np.abs(topology.cosine[rings]))[..., None]
    for shape in smooth:
        shape[rings] = lerp(shape[rings], _soft(shape[rings]), middle)
    bow = _soft(base[rings]) - base[rings]
    bow[..., 0] = 0.0
    smooth[list(SHAPES).index("round"), rings] += _BOW * middle * bow
    return smooth


def _soft(values: FloatArray) -> FloatArray:
    soft: FloatArray = gaussian_filter1d(values, _KINK, axis=1, mode="wrap")
    return soft


def mouth_domain(points: FloatArray, neutral: Neutral, topology: Topology) -> FaceShape:
    """The flat domain of *neutral* with the mouth where the photo's *points* [V, 3] have it.

    Blend shapes and jaw weights written over it open the mouth along its real width; over the
    neutral domain a broad smile would open to a V.
    """
    face, corners = neutral.face, topology.lips[0][[0, LIP_POINTS // 2]]
    right, left = points[corners, 0]
    rest_right, rest_left = neutral.points[corners, 0]
    widen = 2 * face.mouth_half / (rest_right - rest_left)
    middle, half = (right + left) / 2, (right - left) / 2 * widen
    off = np.abs(face.level - face.mouth_level)
    share = ramp(6.0, 3.4, np.abs(face.x)) * ramp(4.5, 2.4, off)
    x = lerp(face.x, (points[:, 0] - middle) * widen, share)
    return attrs.evolve(face, x=x, mouth_half=float(half))
