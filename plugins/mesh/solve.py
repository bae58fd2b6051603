"""Identity, expression, pose and camera of a face from its 68 landmarks, by least squares."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.fitted import Camera
from styletalker.plugins.mesh.model import EXPRESSIONS, FIELDS, FaceModel, face_model
from styletalker.plugins.puppet.fields import FloatArray
from styletalker.plugins.puppet.landmarks import screen_landmarks
from styletalker.plugins.puppet.posing import HINGE, JAW_TURN, PIVOT, rotation, swing

__all__ = ["CAMERA_DISTANCE", "Solution", "eye_distance", "solve"]

CAMERA_DISTANCE = 95.0
"""From the camera to the head, cm: the puppet's, and about that of portraits."""
_EYES_APART = 6.3
"""Between the centres of an average head's eyes, cm."""
_PART = 100.0
"""Distances are measured in this part of the eyes' distance: one is about dlib's own noise."""
_OUTLIER = 4.0
"""Farther landmarks, in the same part, pull by their distance instead of its square."""
_FIELD_PULL, _EXPRESSION_PULL, _NEGATIVE_PULL, _ANGLE_PULL = 1.5, 2.5, 12.0, 0.06
"""Pull towards the average: per standard deviation, per weight, per weight below 0, per degree."""
_FIRST_FIELD, _FIRST_EXPRESSION = 6, 6 + len(FIELDS)
_UNKNOWNS = _FIRST_EXPRESSION + len(EXPRESSIONS) + 1
_DEGREES = 10.0
"""The unit of the unknown angles: all unknowns are of the order of one."""
_STEPS, _NUDGE, _ENOUGH = 14, 1e-3, 2e-3
_LOW, _HIGH = -2.5, 2.5
"""Range of the identity's fields, standard deviations; theirs ends at about 1.8."""


def _weights() -> NDArray[np.float64]:
    """How much each landmark counts, in column and row."""
    weight = np.ones(68)
    weight[:17], weight[36:48], weight[48:] = 0.35, 1.5, 1.3
    both = np.stack([weight, weight], 1)
    along = [*range(5), *range(12, 17)]  # beside the face the contour runs up and down
    both[along, 1] *= 0.3
    return both


@attrs.frozen(kw_only=True, eq=False)
class Solution:
    """What the landmarks tell."""

    fields: NDArray[np.float64]
    """Standard deviations of each field of the identity."""
    expressions: dict[str, float]
    """Weight of each blend shape that shows."""
    jaw: float
    """Opening of the jaw, 0 to 1."""
    angles: NDArray[np.float64]
    """Yaw, pitch, roll of the head, degrees."""
    camera: Camera
    """Of the photo."""
    error_px: float
    """Mean distance of the inner landmarks (all but the contour)."""


def eye_distance(landmarks: FloatArray) -> float:
    """Between the centres of the eyes of [68, 2] landmarks, px."""
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


def solve(landmarks: FloatArray) -> Solution:
    """Fit the model to landmarks [68, 2] in pixels, a pixel's centre at a whole number."""
    model, apart = face_model(), eye_distance(landmarks)
    middle, weights = landmarks[36:48].mean(0), _weights()
    eyes = landmarks[42:48].mean(0) - landmarks[36:42].mean(0)

    def camera_of(state: NDArray[np.float64]) -> Camera:
        x, y = middle + state[4:6] * apart
        scale = float(np.exp(state[3])) * apart / _EYES_APART
        return Camera(scale=scale, x=float(x), y=float(y), distance=CAMERA_DISTANCE)

    def seen(state: NDArray[np.float64]) -> NDArray[np.float64]:
        return _landmarks(model, state, camera_of(state))

    def off(state: NDArray[np.float64]) -> NDArray[np.float64]:
        return (seen(state) - landmarks) * (_PART / apart)

    start = np.zeros(_UNKNOWNS)
    start[2] = np.degrees(np.arctan2(eyes[1], eyes[0])) / _DEGREES
    found = _descend(off, weights, start)
    inner = np.linalg.norm(seen(found) - landmarks, axis=1)[17:]
    weights_found = found[_FIRST_EXPRESSION:-1]
    return Solution(
        fields=found[_FIRST_FIELD:_FIRST_EXPRESSION],
        expressions=dict(zip(EXPRESSIONS, map(float, weights_found), strict=True)),
        jaw=float(found[-1]),
        angles=found[:3] * _DEGREES,
        camera=camera_of(found),
        error_px=float(inner.mean()),
    )


def _descend(
    off: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    weights: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The unknowns with least weighted *off* [68, 2], by damped Gauss-Newton steps.

    Landmarks far off weigh less at every step, so that a few wrong ones do not bend the face.
    """
    state, damping = start, 0.1
    reached = np.inf
    now = off(state)
    for _ in range(_STEPS):
        columns = [(off(state + _NUDGE * axis) - now) / _NUDGE for axis in np.eye(len(state))]
        far = np.linalg.norm(now, axis=1, keepdims=True)
        trust = weights * (1 + (far / _OUTLIER) ** 2) ** -0.25
        slope = np.stack([(column * trust).ravel() for column in columns], 1)
        pull = _pulls(state)
        normal = slope.T @ slope + np.diag(pull**2)
        downhill = slope.T @ (now * trust).ravel() + pull**2 * state
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), downhill)
        tried = state - step
        tried[_FIRST_FIELD:_FIRST_EXPRESSION].clip(
            _LOW, _HIGH, out=tried[_FIRST_FIELD:_FIRST_EXPRESSION]
        )
        there = off(tried)
        cost = _cost(there, weights, tried)
        if cost < reached:
            settled = np.abs(tried - state).max() < _ENOUGH
            state, now, reached, damping = tried, there, cost, damping / 4
            if settled:
                break
        else:
            damping *= 8
    return state


def _pulls(state: NDArray[np.float64]) -> NDArray[np.float64]:
    """Strength of the pull of each unknown towards 0."""
    pull = np.zeros(len(state))
    pull[:3] = _ANGLE_PULL * _DEGREES
    pull[_FIRST_FIELD:_FIRST_EXPRESSION] = _FIELD_PULL
    negative = state[_FIRST_EXPRESSION:] < 0
    pull[_FIRST_EXPRESSION:] = np.where(negative, _NEGATIVE_PULL, _EXPRESSION_PULL)
    return pull


def _cost(off: NDArray[np.float64], weights: NDArray[np.float64], state: NDArray[np.float64]
          ) -> float:  # fmt: skip
    far = (off**2).sum(1)
    robust = 4 * _OUTLIER**2 * (np.sqrt(1 + far / _OUTLIER**2) - 1) / 2
    share = (off**2 * weights**2).sum(1) / np.maximum(far, 1e-12)
    return float((robust * share).sum() + ((_pulls(state) * state) ** 2).sum())


def _landmarks(model: FaceModel, state: NDArray[np.float64], camera: Camera) -> FloatArray:
    """Landmarks [68, 2] of the model on the screen."""
    shape = model.mean + np.tensordot(state[_FIRST_FIELD:_FIRST_EXPRESSION], model.fields, 1)
    shape += np.tensordot(state[_FIRST_EXPRESSION:-1], model.expressions, 1)
    swing(shape, model.jaw, JAW_TURN * float(state[-1]), HINGE)
    yaw, pitch, roll = state[:3] * _DEGREES
    turned = (shape - PIVOT) @ rotation(yaw, pitch, roll).astype(np.float64).T + PIVOT
    return screen_landmarks(model.rig, camera.project(turned), float(roll))[:, :2]
