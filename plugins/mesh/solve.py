"""Identity, expression, pose and camera of a face from its 68 landmarks, by least squares."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.fitted import Camera
from styletalker.plugins.mesh.model import EXPRESSIONS, FaceModel, face_model
from styletalker.plugins.puppet.fields import FloatArray
from styletalker.plugins.puppet.landmarks import screen_landmarks
from styletalker.plugins.puppet.posing import HINGE, JAW_TURN, PIVOT, rotation, swing

__all__ = ["CAMERA_DISTANCE", "Person", "Solution", "View", "eye_distance", "solve"]

CAMERA_DISTANCE = 95.0
"""From the camera to the head, cm: the puppet's, and about that of portraits."""
_EYES_APART = 6.3
"""Between the centres of an average head's eyes, cm."""
_PART = 100.0
"""Distances are measured in this part of the eyes' distance: one is about dlib's own noise."""
_OUTLIER = 4.0
"""Farther landmarks, in the same part, pull by their distance instead of its square."""
_FIELD_PULL, _EXPRESSION_PULL, _NEGATIVE_PULL, _ANGLE_PULL = 1.5, 2.5, 12.0, 0.6
"""Pull towards the average: per standard deviation, per weight, per weight below 0, per unit of
an angle."""
_VIEW = 6
"""Unknowns of pose and camera; then come those of the identity, the expression and the jaw."""
_DEGREES = 10.0
"""The unit of the unknown angles: all unknowns are of the order of one."""
_STEPS, _NUDGE, _ENOUGH = 14, 1e-3, 2e-3
_MOST_FIELD = 2.5
"""Most standard deviations of a field of the identity; ranges end at about 1.8."""


def _trust() -> NDArray[np.float64]:
    """How much each landmark counts [68, 2], in column and row."""
    weight = np.ones(68)
    weight[:17], weight[17:27], weight[27:48], weight[48:] = 0.35, 0.8, 1.5, 1.2
    both = np.stack([weight, weight], 1)
    along = [*range(5), *range(12, 17)]  # beside the face the contour runs up and down
    both[along, 1] *= 0.3
    return both


_TRUST = _trust()


def eye_distance(landmarks: FloatArray) -> float:
    """Between the centres of the eyes of [68, 2] landmarks, px."""
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


@attrs.frozen(kw_only=True, eq=False)
class View:
    """Where a face is on the screen and how large: the unit of the camera's unknowns."""

    middle: NDArray[np.float64]
    """[2] column and row between the eyes, px."""
    apart: float
    """Distance between the eyes, px."""

    @classmethod
    def of(cls, landmarks: FloatArray) -> View:
        """The view of [68, 2] landmarks."""
        return cls(middle=landmarks[36:48].mean(0), apart=eye_distance(landmarks))

    def camera(self, state: FloatArray) -> Camera:
        """The camera of a *state* of the unknowns."""
        x, y = self.middle + state[4:6] * self.apart
        scale = float(np.exp(state[3])) * self.apart / _EYES_APART
        return Camera(scale=scale, x=float(x), y=float(y), distance=CAMERA_DISTANCE)


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


def solve(landmarks: FloatArray) -> Solution:
    """Fit the model to landmarks [68, 2] in pixels, a pixel's centre at a whole number."""
    model, view = face_model(), View.of(landmarks)
    state = _descend(model, view, landmarks, _upright(model, landmarks))
    return _solution(model, view, landmarks, state)


class Person:
    """One person in a video: the identity is known, each frame's pose and expression is not."""

    def __init__(self, fields: FloatArray, view: View) -> None:
        """*fields* as :class:`Solution` has them; *view* is one for the whole video."""
        model = face_model()
        mean = model.mean + np.tensordot(fields, model.fields, 1)
        self._model = attrs.evolve(model, mean=mean, fields=model.fields[:0])
        self._view = view
        self._state: NDArray[np.float64] | None = None

    def follow(self, landmarks: FloatArray) -> Solution:
        """The frame with these landmarks [68, 2]; the one before is where the search starts."""
        start = self._state if self._state is not None else _upright(self._model, landmarks)
        self._state = _descend(self._model, self._view, landmarks, start)
        return _solution(self._model, self._view, landmarks, self._state)


def _upright(model: FaceModel, landmarks: FloatArray) -> NDArray[np.float64]:
    """The average face, rolled as the eyes are."""
    state = np.zeros(_VIEW + len(model.fields) + len(EXPRESSIONS) + 1)
    eyes = landmarks[42:48].mean(0) - landmarks[36:42].mean(0)
    state[2] = np.degrees(np.arctan2(eyes[1], eyes[0])) / _DEGREES
    return state


def _solution(model: FaceModel, view: View, landmarks: FloatArray, state: NDArray[np.float64]
              ) -> Solution:  # fmt: skip
    first = _VIEW + len(model.fields)
    off = np.linalg.norm(linearised(model, state, view)[0] - landmarks, axis=1)
    return Solution(
        fields=state[_VIEW:first],
        expressions=dict(zip(EXPRESSIONS, map(float, state[first:-1]), strict=True)),
        jaw=float(state[-1]),
        angles=state[:3] * _DEGREES,
        camera=view.camera(state),
        error_px=float(off[17:].mean()),
    )


def _descend(model: FaceModel, view: View, landmarks: FloatArray, start: NDArray[np.float64]
             ) -> NDArray[np.float64]:  # fmt: skip
    """The unknowns with the least weighted distances, by damped Gauss-Newton steps.

    Landmarks far off weigh less at every step, so that a few wrong ones do not bend the face.
    """
    fields = slice(_VIEW, _VIEW + len(model.fields))
    first, unit = fields.stop, _PART / view.apart
    state, damping = start, 0.1
    seen, slope = linearised(model, state, view)
    now = (seen - landmarks) * unit
    reached = _cost(now, state, _pulls(state, first))
    for _ in range(_STEPS):
        step = _step(now, slope * unit, state, _pulls(state, first), damping)
        tried = state - step
        tried[fields] = np.clip(tried[fields], -_MOST_FIELD, _MOST_FIELD)
        seen, there_slope = linearised(model, tried, view)
        there = (seen - landmarks) * unit
        cost = _cost(there, tried, _pulls(tried, first))
        if cost < reached:
            settled = np.abs(tried - state).max() < _ENOUGH
            state, now, slope, reached, damping = tried, there, there_slope, cost, damping / 4
            if settled:
                break
        else:
            damping *= 8
    return state


def _step(
    now: NDArray[np.float64],
    slope: NDArray[np.float64],
    state: NDArray[np.float64],
    pull: NDArray[np.float64],
    damping: float,
) -> NDArray[np.float64]:
    """One step downhill from distances *now* [68, 2] with *slope* [68, 2, unknowns]."""
    far = np.linalg.norm(now, axis=1, keepdims=True)
    trust = _TRUST * (1 + (far / _OUTLIER) ** 2) ** -0.25
    rows = (slope * trust[..., None]).reshape(-1, len(state))
    normal = rows.T @ rows + np.diag(pull**2)
    downhill = rows.T @ (now * trust).ravel() + pull**2 * state
    return np.asarray(np.linalg.solve(normal + damping * np.diag(np.diag(normal)), downhill))


def _pulls(state: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """Strength of the pull of each unknown towards 0; expressions begin at *first*."""
    pull = np.zeros(len(state))
    pull[:3] = _ANGLE_PULL
    pull[_VIEW:first] = _FIELD_PULL
    pull[first:] = np.where(state[first:] < 0, _NEGATIVE_PULL, _EXPRESSION_PULL)
    return pull


def _cost(off: NDArray[np.float64], state: NDArray[np.float64], pull: NDArray[np.float64]) -> float:
    far = (off**2).sum(1)
    robust = 2 * _OUTLIER**2 * (np.sqrt(1 + far / _OUTLIER**2) - 1)
    share = (off**2 * _TRUST**2).sum(1) / np.maximum(far, 1e-12)
    return float((robust * share).sum() + ((pull * state) ** 2).sum())


def linearised(model: FaceModel, state: NDArray[np.float64], view: View
               ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Landmarks [68, 2] of the model on the screen, and their slopes [68, 2, unknowns].

    Landmarks of the contour slide over the surface; their slopes are those of the points where
    they are, which is exact to first order, since a contour is where sliding changes nothing.
    """
    camera = view.camera(state)
    basis = np.concatenate([model.fields, model.expressions])
    shape = model.mean + np.tensordot(state[_VIEW:-1], basis, 1)
    opened, more = shape.copy(), shape.copy()
    swing(opened, model.jaw, JAW_TURN * float(state[-1]), HINGE)
    swing(more, model.jaw, JAW_TURN * float(state[-1] + _NUDGE), HINGE)
    angle = JAW_TURN * float(state[-1]) * model.jaw
    cosine, sine = np.cos(angle), np.sin(angle)
    y, z = basis[..., 1], basis[..., 2]
    moves = np.stack([basis[..., 0], cosine * y - sine * z, sine * y + cosine * z], -1)
    moves = np.concatenate([moves, [(more - opened) / _NUDGE]])

    degrees = state[:3] * _DEGREES
    turn, hung = rotation(*degrees).astype(np.float64), opened - PIVOT
    turned = hung @ turn.T + PIVOT
    step = _DEGREES * _NUDGE * 10
    turns = [(rotation(*(degrees + step * axis)) - rotation(*(degrees - step * axis)))
             / (20 * _NUDGE) for axis in np.eye(3)]  # fmt: skip
    moves = np.concatenate([np.stack([hung @ t.T for t in turns]), moves @ turn.T])

    screen = camera.project(turned)
    far = camera.distance - turned[:, 2]
    near = camera.scale * camera.distance / far
    columns = near * (moves[..., 0] + turned[:, 0] / far * moves[..., 2])
    rows = -near * (moves[..., 1] + turned[:, 1] / far * moves[..., 2])
    carried = np.concatenate([screen, columns.T, rows.T], 1)
    found = screen_landmarks(model.rig, carried, float(degrees[2]))
    seen, count = found[:, :2], len(moves)
    slope = np.zeros((len(seen), 2, len(state)))
    others = [0, 1, 2, *range(_VIEW, len(state))]
    slope[:, 0, others] = found[:, 3 : 3 + count]
    slope[:, 1, others] = found[:, 3 + count :]
    slope[:, :, 3] = seen - (camera.x, camera.y)
    slope[:, 0, 4] = slope[:, 1, 5] = view.apart
    return np.asarray(seen, np.float64), slope
