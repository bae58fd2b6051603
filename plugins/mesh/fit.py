"""From 68 landmarks and a picture to a fitted head."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.closing import (
    mouth_domain,
    smooth_lips,
    uncrossed,
    with_closed_lips,
)
from styletalker.plugins.mesh.exact import exact
from styletalker.plugins.mesh.fitted import SHAPE_NAMES, FittedHead, Lips
from styletalker.plugins.mesh.model import Neutral, identity_of, neutral_face
from styletalker.plugins.mesh.solve import Solution, eye_distance, solve
from styletalker.plugins.puppet.blendshapes import SHAPES, JawRig, jaw_rig, shape_deltas
from styletalker.plugins.puppet.fields import FloatArray
from styletalker.plugins.puppet.landmarks import landmark_rig
from styletalker.plugins.puppet.lids import Eyelids, fit_eyelids
from styletalker.plugins.puppet.posing import HINGE, JAW_TURN, rotation, swing
from styletalker.plugins.puppet.topology import topology

__all__ = ["fit_head", "shows_teeth"]

_EDGE_BELOW, _EDGE_BEHIND = 0.16, 0.35
"""The upper teeth's edge below and behind the line where the closed lips meet, cm."""
_TEETH_LIGHT, _TEETH_SHARE, _TEETH_GAP = 0.72, 0.15, 0.03
"""Teeth: pixels between the lips at least this part as light as the skin, on at least this part
of a gap at least this part of the eyes' distance high."""
_TEETH_RED, _PALE = 0.85, 0.06
"""They are at most this part as red as skin and lips; anything paler than the second is (gray
photos have no red)."""


def fit_head(landmarks: FloatArray, picture: NDArray[np.uint8]) -> FittedHead:
    """The head whose landmarks [68, 2] those of *picture* [H, W, 3] are.

    Landmarks are pixels, a pixel's centre at a whole number. About half a second.
    """
    landmarks = np.asarray(landmarks, np.float64)
    solution, shared = solve(landmarks), topology()
    neutral = neutral_face(identity_of(solution.fields))
    turned = rotation(*solution.angles).astype(np.float64)
    points = _expressed(neutral, solution)
    rig = landmark_rig(shared, neutral.identity)
    roll = float(solution.angles[2])
    for _ in range(2):  # the second pass removes what the first one's smoothing left
        points = exact(points, landmarks, rig, shared, turned, solution.camera, roll)
    own = uncrossed(points, shared)

    domain = mouth_domain(own, neutral, shared)
    jaw = jaw_rig(domain, shared)
    own_shut, opened = own.copy(), max(solution.jaw, 0.0)  # less is a short chin
    swing(own_shut, jaw.weight, -JAW_TURN * opened, HINGE)
    base = with_closed_lips(own_shut, shared)
    deltas = smooth_lips(shape_deltas(domain, shared), base, shared)
    lids = fit_eyelids(base, shared, neutral.identity)
    rows, columns = picture.shape[:2]
    return FittedHead(
        base=base,
        own=own,
        own_shut=own_shut,
        jaw=np.asarray(jaw.weight, np.float64),
        jaw_open=opened,
        smile=solution.expressions["smile"],
        shapes=_shapes(deltas, lids),
        lips=_lips(jaw, base),
        eyes=np.asarray(lids.centres, np.float64),
        eye_radius=lids.radius,
        topology=shared,
        rotation=turned,
        camera=solution.camera,
        width=columns,
        height=rows,
        eye_distance_px=eye_distance(landmarks),
        teeth_visible=shows_teeth(landmarks, picture),
        error_px=solution.error_px,
    )


def _expressed(neutral: Neutral, solution: Solution) -> NDArray[np.float64]:
    """The face [V, 3] of the fitted identity with the photo's expression."""
    names = list(SHAPES)
    points = neutral.points.copy()
    for name, weight in solution.expressions.items():
        points += weight * neutral.shapes[names.index(name)]
    swing(points, neutral.jaw.weight, JAW_TURN * solution.jaw, HINGE)
    return points


def _shapes(deltas: FloatArray, lids: Eyelids) -> dict[str, NDArray[np.float64]]:
    rows = [*deltas, lids.lines[0], lids.bulges[0], lids.lines[1], lids.bulges[1]]
    return dict(zip(SHAPE_NAMES, (np.asarray(row, np.float64) for row in rows), strict=True))


def _lips(jaw: JawRig, base: FloatArray) -> Lips:
    line = base[jaw.upper]
    edge = np.stack([line[:, 1] - _EDGE_BELOW, line[:, 2] - _EDGE_BEHIND], -1)
    return Lips(
        column=jaw.column, follow=jaw.follow, tuck=jaw.tuck, upper=jaw.upper, lower=jaw.lower,
        teeth_edge=edge,
    )  # fmt: skip


def shows_teeth(landmarks: FloatArray, picture: NDArray[np.uint8]) -> bool:
    """Whether teeth are seen between the lips of *landmarks* [68, 2]."""
    gap = np.linalg.norm(landmarks[[61, 62, 63]] - landmarks[[67, 66, 65]], axis=1).mean()
    if gap < _TEETH_GAP * eye_distance(landmarks):
        return False
    colours = np.asarray(picture, np.float64)
    opening = _filled(landmarks[60:68], colours.shape)
    red = _filled(landmarks[48:60], colours.shape) & ~opening
    cheeks = _filled(landmarks[[2, 31, 48, 4]], colours.shape)
    cheeks |= _filled(landmarks[[14, 35, 54, 12]], colours.shape)
    if not (opening.any() and red.any() and cheeks.any()):
        return False
    light = colours @ np.array([0.30, 0.59, 0.11])
    redness = (colours[..., 0] - colours[..., 1:].mean(-1)) / np.maximum(light, 1.0)
    least = min(float(np.median(redness[cheeks])), float(np.median(redness[red])))
    toothy = light > _TEETH_LIGHT * np.median(light[cheeks])
    toothy &= redness < max(_TEETH_RED * least, _PALE)
    return bool(toothy[opening].mean() > _TEETH_SHARE)


def _filled(polygon: FloatArray, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask: Any = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(polygon).astype(np.int32)], 1)
    return np.asarray(mask, bool)
