"""Head pose from 68 landmarks, by fitting a generic face."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["HeadPose", "head_pose", "mean_face", "rotation"]

FloatArray = NDArray[np.float64]

_TABLE = Path(__file__).with_name("mean_face.csv")
"""Made by ``tests/benchmarks/mean_face.py``."""
_WEIGHTS = np.concatenate(
    [np.full(17, 0.1), np.full(10, 0.05), np.full(9, 2.0), np.full(12, 0.3), np.full(20, 0.05)]
)
_WEIGHTS[[36, 39, 42, 45]] = 1.0
"""Brows, lids and lips move by themselves, and the jaw line is a contour, not a set of points.
Without it, yaw rests on the nose alone and comes out 1.6 times too large on clips of the puppet
corpus; with full weight, pitch comes out at 0.7 of the truth. These weights give 1.16, 0.90 and
1.02 of the truth for yaw, pitch and roll within a clip (ten clips, true landmarks)."""
_STEPS = 20
_DAMPING = 1e-3
_NUDGE = 1e-4
_LARGEST_STEP = 0.3
"""Radians (and part of the scale) by which one step may change the fit."""


@attrs.frozen(kw_only=True, eq=False)
class HeadPose:
    """Angles of the head in every frame, in degrees; NaN where landmarks are unknown."""

    yaw: FloatArray
    """[T]: positive turns the nose to the right of the image."""
    pitch: FloatArray
    """[T]: positive looks up; its zero depends on the person by some degrees."""
    roll: FloatArray
    """[T]: positive tilts clockwise in the image."""

    @property
    def angles(self) -> FloatArray:
        """[T, 3]: yaw, pitch, roll."""
        return np.stack([self.yaw, self.pitch, self.roll], -1)

    @property
    def spread_deg(self) -> FloatArray:
        """[3]: standard deviation of each angle over the clip; NaN if nothing is known."""
        angles = self.angles[np.isfinite(self.yaw)]
        return np.asarray(angles.std(0) if len(angles) else np.full(3, np.nan))

    def speed_deg_s(self, fps: float) -> FloatArray:
        """[3]: mean absolute change of each angle, in degrees a second.

        Noise of the landmarks adds to it; compare with the ground truth's, seen the same way.
        """
        steps = np.abs(np.diff(self.angles, axis=0)) * fps
        steps = steps[np.isfinite(steps).all(-1)]
        return np.asarray(steps.mean(0) if len(steps) else np.full(3, np.nan))


@functools.cache
def mean_face() -> FloatArray:
    """The generic face [68, 3]: x right, y up, z to the camera, outer eye corners 1 apart."""
    with _TABLE.open(encoding="utf-8", newline="") as table:
        rows = [[float(row[axis]) for axis in "xyz"] for row in csv.DictReader(table)]
    points = np.array(rows)
    points.setflags(write=False)
    return points


def rotation(angles: FloatArray) -> FloatArray:
    """Rotations [T, 3, 3] by yaw, pitch and roll [T, 3] in radians: roll after yaw after pitch.

    The signs are those of :class:`HeadPose`, with y up and z towards the camera.
    """
    (cos_y, cos_p, cos_r), (sin_y, sin_p, sin_r) = np.cos(angles).T, np.sin(angles).T
    zero, one = np.zeros(len(angles)), np.ones(len(angles))
    about_y = [[cos_y, zero, sin_y], [zero, one, zero], [-sin_y, zero, cos_y]]
    about_x = [[one, zero, zero], [zero, cos_p, sin_p], [zero, -sin_p, cos_p]]
    about_z = [[cos_r, sin_r, zero], [-sin_r, cos_r, zero], [zero, zero, one]]
    z, y, x = (np.moveaxis(np.array(m), -1, 0) for m in (about_z, about_y, about_x))
    turned: FloatArray = z @ y @ x
    return turned


def head_pose(landmarks: ArrayLike) -> HeadPose:
    """Pose of a head in [T, 68, 2] landmarks (pixels, y down).

    The generic face is turned, scaled and shifted without perspective (weak perspective) so that
    the weighted squared distances to the landmarks become least: the nose counts most, then the
    eyes' corners, lids, jaw line, brows and lips. Solved by damped Gauss-Newton
    steps from the frontal pose, all frames at once.

    **Pitfalls.** A person's own proportions shift the pitch's zero; a face far from the image's
    middle seems turned by perspective. Compare changes and spreads, not single angles.

    Raises:
        InputError: the landmarks are not [T, 68, 2].
    """
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        problem = "landmarks have the wrong shape"
        raise InputError(compose(problem, expected="[T, 68, 2]", given=points.shape))
    known = np.isfinite(points).all((1, 2))
    angles = np.full((len(points), 3), np.nan)
    if known.any():
        angles[known] = np.degrees(_fit(points[known]))
    return HeadPose(yaw=angles[:, 0], pitch=angles[:, 1], roll=angles[:, 2])


def _fit(points: FloatArray) -> FloatArray:
    """Angles [T, 3] in radians."""
    target = points * (1.0, -1.0)
    target = target - np.average(target, axis=1, weights=_WEIGHTS)[:, None]
    face = mean_face() - np.average(mean_face(), axis=0, weights=_WEIGHTS)
    root = np.sqrt(_WEIGHTS)[:, None]
    eyes = target[:, 45] - target[:, 36]
    unit = np.linalg.norm(eyes, axis=-1)
    target = target / np.maximum(unit, 1e-9)[:, None, None]
    # Unknowns: yaw, pitch, roll, logarithm of the scale.
    state = np.zeros((len(points), 4))
    state[:, 2] = -np.arctan2(eyes[:, 1], eyes[:, 0])

    def residual(at: FloatArray) -> FloatArray:
        seen = np.einsum("tij,kj->tki", rotation(at[:, :3])[:, :2], face)
        off = (np.exp(at[:, 3])[:, None, None] * seen - target) * root
        flat: FloatArray = off.reshape(len(at), -1)
        return flat

    for _ in range(_STEPS):
        now = residual(state)
        columns = [(residual(state + _NUDGE * axis) - now) / _NUDGE for axis in np.eye(4)]
        slope = np.stack(columns, -1)  # [T, 2 * 68, 4]
        normal = slope.transpose(0, 2, 1) @ slope + _DAMPING * np.eye(4)
        step = np.linalg.solve(normal, slope.transpose(0, 2, 1) @ now[..., None])[..., 0]
        state = state - np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
    return state[:, :3]
