"""From a fitted model to exact landmarks: splines around lips and eyes, radial basis elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, RBFInterpolator
from styletalker.plugins.mesh.fitted import Camera
from styletalker.plugins.puppet.fields import FloatArray, IntArray, lerp, ramp
from styletalker.plugins.puppet.landmarks import LandmarkRig, screen_landmarks
from styletalker.plugins.puppet.posing import PIVOT
from styletalker.plugins.puppet.skull import ARC_RADIUS
from styletalker.plugins.puppet.topology import LID_POINTS, LIP_POINTS, LIP_RINGS, LIPS, Topology

__all__ = ["exact", "rims_follow"]

_OUTER_LIP = (188, 131, 106, 90, 74, 49, 352, 311, 286, 270, 254, 229)
_OUTER_AT = np.array([1.0, 0.65, 0.65, 0.65, 0.65, 0.65, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
_INNER_LIP = (180, 106, 90, 74, 0, 286, 270, 254)
_LEFT_EYE = (0, 72, 120, 180, 240, 288)
_RIGHT_EYE = (180, 120, 72, 0, 288, 240)
"""Angles of the landmarks around their ring, as the puppet's landmarks have them."""
_RED_RINGS = 6
"""Lip rings up to the border of the red follow the splines."""
_CORNER = (0.80, 0.985)
"""From here to there along the mouth the lips' rings come to move as one: at the corners they are
a fraction of a millimetre apart, and landmarks less exact than that would turn them over."""
_END = (0.86, 0.99)
"""The same for neighbours along the rings."""
_MOST_SMOOTHINGS = 24
_LARGEST = 0.20
"""A landmark is believed up to this part of the eyes' distance from the fitted model."""
_ALONG_CONTOUR = 0.15
"""How far a landmark of the contour is believed along it: it marks no point of the skin."""
_SMOOTHING = 0.02


def exact(
    points: FloatArray,
    landmarks: FloatArray,
    rig: LandmarkRig,
    topology: Topology,
    rotation: FloatArray,
    camera: Camera,
    roll: float,
) -> NDArray[np.float64]:
    """The face *points* [V, 3] (head axes) moved so that its landmarks [68, 2] are exact.

    Points move in the camera's plane; depth is the model's.
    """
    turned = (points - PIVOT) @ rotation.T + PIVOT
    screen = screen_landmarks(rig, camera.project(turned), roll)
    off = landmarks - screen[:, :2]
    off[:17] = _across(screen[:17, :2], off[:17])
    apart = np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0))
    length = np.linalg.norm(off, axis=1, keepdims=True)
    off = off * np.minimum(1.0, _LARGEST * apart / np.maximum(length, 1e-9))
    far = (camera.distance - screen[:, 2:]) / (camera.scale * camera.distance)
    shifts = np.concatenate([off * far * (1.0, -1.0), np.zeros((68, 1))], 1) @ rotation
    places = (camera.unproject(screen) - PIVOT) @ rotation + PIVOT

    known = np.full(points.shape, np.nan)
    _on_lips(known, shifts[48:], topology)
    _in_order(known, points, topology)
    for eye, angles, first in ((0, _LEFT_EYE, 36), (1, _RIGHT_EYE, 42)):
        steps = np.arange(LID_POINTS) * 360 / LID_POINTS
        known[topology.eyes[eye, 0]] = _around(angles, shifts[first : first + 6], steps)
    spread = _spread(points, known, places[:36], shifts[:36])
    spread *= ramp(2.6, 1.6, np.abs(topology.arc) / ARC_RADIUS)[:, None]
    moved = np.where(np.isnan(known), spread, known)
    rims_follow(moved, topology)
    return np.asarray(points + moved, np.float64)


def rims_follow(moves: FloatArray, topology: Topology) -> None:
    """Let the rims inside eyes and lips move in place as the edges they hang on."""
    edges = ((-1, topology.eyes[0, 0]), (1, topology.eyes[1, 0]), (LIPS, topology.lips[0]))
    for feature, edge in edges:
        for ring in (-1, -2, -3):
            rim = np.flatnonzero((topology.feature == feature) & (topology.ring == ring))
            if len(rim):
                moves[rim] = moves[edge]


def _across(contour: FloatArray, off: FloatArray) -> FloatArray:
    """*off* [17, 2] mostly across the line through the *contour*'s points [17, 2]."""
    along = np.gradient(contour, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    part = (off * along).sum(1, keepdims=True) * along
    kept: FloatArray = off - (1 - _ALONG_CONTOUR) * part
    return kept


def _around(angles: Sequence[float], values: FloatArray, at: FloatArray) -> FloatArray:
    """Values at degrees *at* of a periodic cubic spline through *values* at *angles*."""
    order = np.argsort(angles)
    knots = np.asarray(angles, float)[order]
    knots, values = np.append(knots, knots[0] + 360), values[order]
    spline = CubicSpline(knots, np.concatenate([values, values[:1]]), bc_type="periodic")
    found: FloatArray = spline(np.where(at < knots[0], at + 360, at))
    return found


def _on_lips(known: FloatArray, shifts: FloatArray, topology: Topology) -> None:
    """Fill *known* [V, 3] on the red of the lips from the shifts [20, 3] of their landmarks."""
    steps = np.arange(LIP_POINTS) * 360 / LIP_POINTS
    outer = _around(_OUTER_LIP, shifts[:12], steps)
    inner = _around(_INNER_LIP, shifts[12:], steps)
    at = _around(_OUTER_LIP, _OUTER_AT[:, None], steps)
    cosine = np.cos(np.radians(steps))[:, None]
    middle: FloatArray = 0.5 * (inner + outer)
    ends = np.where(cosine > 0, middle[0], middle[LIP_POINTS // 2])
    middle = lerp(middle, ends, ramp(*_END, np.abs(cosine)))
    corner = ramp(*_CORNER, np.abs(cosine))
    inner, outer = lerp(inner, middle, corner), lerp(outer, middle, corner)
    for ring in range(_RED_RINGS):
        share = np.clip(LIP_RINGS[ring] / np.clip(at, 0.5, 1.0), 0.0, 1.15)
        known[topology.lips[ring]] = lerp(inner, outer, share)


def _in_order(known: FloatArray, points: FloatArray, topology: Topology) -> None:
    """Smooth the shifts *known* [V, 3] of the lips where they would turn triangles over."""
    rings = topology.lips[:_RED_RINGS]
    red = np.zeros(len(points), bool)
    red[rings] = True
    triangles = topology.triangles[red[topology.triangles].all(1)]
    for _ in range(_MOST_SMOOTHINGS):
        a, b, c = np.moveaxis((points + known)[triangles][..., :2], 1, 0)
        side, other = b - a, c - a
        over = side[:, 0] * other[:, 1] < side[:, 1] * other[:, 0]
        if not over.any():
            return
        bad = np.zeros(len(points), bool)
        bad[triangles[over]] = True
        columns = bad[rings].any(0)
        columns |= np.roll(columns, 1) | np.roll(columns, -1)
        here = known[rings]
        along = 0.5 * here + 0.25 * (np.roll(here, 1, 1) + np.roll(here, -1, 1))
        softer = lerp(along, along.mean(0), 0.15)
        known[rings] = np.where(columns[:, None], softer, here)


def _spread(points: FloatArray, known: FloatArray, places: FloatArray, shifts: FloatArray
            ) -> FloatArray:  # fmt: skip
    """Shifts [V, 3] everywhere, from vertices that are *known* and landmarks at *places*."""
    rows: IntArray = np.flatnonzero(~np.isnan(known[:, 0]))
    at = np.concatenate([points[rows], places])
    values = np.concatenate([known[rows], shifts])
    _, first = np.unique(np.round(at, 2), axis=0, return_index=True)
    spline = RBFInterpolator(at[first], values[first], kernel="linear", smoothing=_SMOOTHING)
    found: FloatArray = spline(points)
    return found
