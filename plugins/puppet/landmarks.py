"""The 68 landmarks in iBUG order, the jaw line as the contour that is seen.

Brows, nose, eyes and mouth are points of the surface. The jaw line is not: a jaw point is
the outermost point, on the screen, of a short curve that runs from the jaw's edge towards
the middle of the face, so it slides along when the head turns; the 17 landmarks are spread
evenly over the line through these points.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.facial_hair import BROW_INNER, BROW_LENGTH, brow_level
from styletalker.plugins.puppet.fields import Field, FloatArray, IntArray, lerp, ramp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.skull import ARC_RADIUS
from styletalker.plugins.puppet.topology import LIP_POINTS, Topology

__all__ = ["LANDMARKS", "LandmarkRig", "landmark_rig", "lip_aperture", "screen_landmarks",
           "visible_landmarks"]  # fmt: skip

LANDMARKS = 68
_JAW = 17
_CURVE_SAMPLES = 24
_EYES_IN_FIXED = slice(36 - _JAW, 48 - _JAW)
_JAW_EDGE = (
    (73, 2.4), (72, -0.1), (72, -2.3), (72, -5.0), (72, -8.0), (68, -10.3), (56, -11.3),
    (40, -11.5), (20, -11.5), (0, -11.5),
)  # fmt: skip
"""Azimuth in degrees and level of the jaw's edge, from over an ear to the chin."""
_JAW_INNER = (
    (22, 2.4), (22, -0.1), (22, -2.2), (22, -4.1), (25, -5.7), (28, -6.9), (26, -8.4), (22, -9.2),
    (13, -9.6), (0, -9.6),
)  # fmt: skip
"""Where the curve of each jaw point ends."""
_JAW_OUTWARDS = (
    (1, 0), (1, 0), (1, 0), (1, 0), (0.97, -0.2), (0.85, -0.5), (0.6, -0.8), (0.35, -0.94),
    (0.12, -1), (0, -1),
)  # fmt: skip
"""Direction (right, up) in which a jaw point is outermost, for the right side of the image."""
_JAW_SAG = 0.02
"""Annotators put the points between ear and chin this part of a side nearer to the chin."""
_EAR_LINE = 1
"""The row of the tables above that is level with the eyes of an upright head."""
_EYE_LINE_PULL = 0.5
"""How far the first and the last point follow the eyes' height on the screen when the head
nods: annotators start the line at the ear but partly go by the height of the eyes."""
_BROW_SHARES = (0.93, 0.72, 0.48, 0.24, 0.02)
_BROW_ABOVE, _BROW_DROP = 0.24, 0.16
"""Annotators go over an eyebrow's middle in the middle and below it at its ends, cm."""
_BRIDGE_LEVELS = (0.1, -1.15, -2.45, -3.78)
_NOSTRILS = ((-1.35, -4.65), (-0.72, -4.95), (0.0, -5.08), (0.72, -4.95), (1.35, -4.65))
_EYE = ((2, 28), (6, 6), (10, 10), (15, 15), (20, 20), (24, 24))
"""Pairs of vertices of the lid ring whose middles are landmarks, from the outer corner over the
upper lid to the inner corner and back; a corner is the middle between both lids beside it."""
_LEFT_EYE, _RIGHT_EYE = (0, 1, 2, 3, 4, 5), (3, 2, 1, 0, 5, 4)
"""Rows of the table above in iBUG order, for the eye at the left and right of the image."""
_OUTER_LIP = (
    (5, 188), (3, 131), (3, 106), (3, 90), (3, 74), (3, 49), (5, 352), (5, 311), (5, 286),
    (5, 270), (5, 254), (5, 229),
)  # fmt: skip
"""Lip ring and angle around it in degrees, 0 at the right corner, counter-clockwise."""
_INNER_LIP = (
    (147, 213), (106, 106), (90, 90), (74, 74), (33, 327), (286, 286), (270, 270), (254, 254),
)  # fmt: skip
"""Pairs of angles around the line where the lips meet whose middles are landmarks."""
_HIDDEN_BEHIND = 0.6
"""A landmark is hidden when something is nearer by more than this, cm."""


@attrs.frozen(kw_only=True, eq=False)
class LandmarkRig:
    """Where the landmarks are on the mesh: weighted sums of three vertices each."""

    fixed_vertices: IntArray
    """[51, 3]"""
    fixed_weights: FloatArray
    """[51, 3]"""
    jaw_vertices: IntArray
    """[curves, samples, 3]"""
    jaw_weights: FloatArray
    """[curves, samples, 3]"""
    outwards: FloatArray
    """[curves, 2] direction on the screen (right, down) of the unrolled head."""


def _both_sides(table: tuple[tuple[float, float], ...]) -> FloatArray:
    """Rows for the left side, the middle and the right side of the image, x mirrored."""
    right = np.array(table, float)
    left = right * np.array([-1.0, 1.0])
    return np.concatenate([left, right[-2::-1]])


def _lip_vertex(degrees: Field) -> IntArray:
    """Number of the vertex of a lip ring nearest to an angle."""
    return np.round(np.asarray(degrees) / 360 * LIP_POINTS).astype(int) % LIP_POINTS


def landmark_rig(topology: Topology, identity: Identity) -> LandmarkRig:
    """The landmarks of *identity*; only its eyebrows differ from the others'."""
    shares = np.array(_BROW_SHARES)
    brow_x = BROW_INNER + BROW_LENGTH * shares
    height = brow_level(shares, identity) + _BROW_ABOVE * np.sin(np.pi * shares)
    height = height - _BROW_DROP * ramp(0.45, 0.95, shares)
    x = np.concatenate([-brow_x, brow_x[::-1], np.zeros(4), [p[0] for p in _NOSTRILS]])
    level = np.concatenate([height, height[::-1], _BRIDGE_LEVELS, [p[1] for p in _NOSTRILS]])
    vertices, weights = topology.locate(x, level)

    eyes = topology.eyes[:, 0][:, np.array(_EYE)]  # [2, 6, 2]
    outer = np.array([topology.lips[ring, _lip_vertex(angle)] for ring, angle in _OUTER_LIP])
    inner_lip = topology.lips[0][_lip_vertex(np.array(_INNER_LIP))]
    left, right = eyes[0][list(_LEFT_EYE)], eyes[1][list(_RIGHT_EYE)]
    pairs = np.concatenate([left, right, outer[:, None].repeat(2, 1), inner_lip])
    halves = np.broadcast_to([0.5, 0.5, 0.0], (len(pairs), 3))

    edge, inner = _both_sides(_JAW_EDGE), _both_sides(_JAW_INNER)
    share = np.linspace(0, 1, _CURVE_SAMPLES)[None, :, None]
    curve = lerp(edge[:, None], inner[:, None], share).reshape(-1, 2)
    jaw_vertices, jaw_weights = topology.locate_arc(
        np.radians(curve[:, 0]) * ARC_RADIUS, curve[:, 1]
    )
    return LandmarkRig(
        fixed_vertices=np.concatenate([vertices, pairs[:, [0, 1, 1]]]),
        fixed_weights=np.concatenate([weights, halves]),
        jaw_vertices=jaw_vertices.reshape(len(edge), _CURVE_SAMPLES, 3),
        jaw_weights=jaw_weights.reshape(len(edge), _CURVE_SAMPLES, 3),
        outwards=_both_sides(_JAW_OUTWARDS) * np.array([1.0, -1.0]),
    )


def screen_landmarks(rig: LandmarkRig, screen: FloatArray, roll: float) -> FloatArray:
    """Column, row and depth [68, 3] of the landmarks of a head rolled by *roll* degrees.

    Further columns of *screen* [V, k] are carried along: [68, k].
    """
    fixed = (screen[rig.fixed_vertices] * rig.fixed_weights[..., None]).sum(1)
    curves = (screen[rig.jaw_vertices] * rig.jaw_weights[..., None]).sum(2)
    cosine, sine = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    outwards = rig.outwards @ np.array([[cosine, sine], [-sine, cosine]])
    reach = np.einsum("jsk,jk->js", curves[..., :2], outwards)
    contour = curves[np.arange(len(curves)), reach.argmax(1)]
    down = np.array([-sine, cosine])
    eyes = float((fixed[_EYES_IN_FIXED, :2] @ down).mean())
    chin = len(curves) // 2
    left = _jaw_side(contour[: chin + 1], down, eyes)
    right = _jaw_side(contour[: chin - 1 : -1], down, eyes)
    return np.concatenate([left, right[-2::-1], fixed])


def _jaw_side(line: FloatArray, down: FloatArray, eyes: float) -> FloatArray:
    """Nine points [9, 3] from the ear to the chin at even distances along the contour *line*.

    *down* [2] points down the unrolled head on the screen; *eyes* is the eyes' position along
    it.
    """
    steps = np.linalg.norm(np.diff(line[:, :2], axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    height = line[:, :2] @ down
    start = lerp(height[_EAR_LINE], eyes, _EYE_LINE_PULL)
    first = float(np.interp(start, np.maximum.accumulate(height), along))
    share = np.linspace(0, 1, _JAW // 2 + 1)
    share = share + _JAW_SAG * np.sin(np.pi * share)
    wanted = lerp(first, along[-1], share)
    return np.stack([np.interp(wanted, along, column) for column in line.T], -1)


def visible_landmarks(landmarks: FloatArray, depth: FloatArray) -> NDArray[np.bool_]:
    """Which of the *landmarks* [68, 3] are in the picture and not behind something.

    *depth* [H, W] is the depth buffer in the landmarks' pixels; the nearest free pixel of a
    3 x 3 neighbourhood counts, since contour points lie on an edge.
    """
    rows, columns = depth.shape
    column, row = (np.round(landmarks[:, k] - 0.5).astype(int) for k in (0, 1))
    inside = (column >= 0) & (row >= 0) & (column < columns) & (row < rows)
    nearest = np.full(len(landmarks), np.inf)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = np.clip(row + dy, 0, rows - 1), np.clip(column + dx, 0, columns - 1)
            nearest = np.minimum(nearest, depth[y, x])
    visible: NDArray[np.bool_] = inside & (nearest < landmarks[:, 2] + _HIDDEN_BEHIND)
    return visible


def lip_aperture(landmarks: Field) -> NDArray[np.float64]:
    """Opening of the mouth in [..., 68, 2] landmarks: inner-lip gap over the mouth's width.

    The gap is the mean of the three inner pairs (61-67, 62-66, 63-65), the width is the
    distance of the outer corners (48-54).
    """
    points = np.asarray(landmarks, np.float64)
    gap = np.linalg.norm(points[..., [61, 62, 63], :] - points[..., [67, 66, 65], :], axis=-1)
    width = np.linalg.norm(points[..., 54, :] - points[..., 48, :], axis=-1)
    aperture: NDArray[np.float64] = gap.mean(-1) / np.maximum(width, 1e-6)
    return aperture
