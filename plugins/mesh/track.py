"""Animation parameters of a talking video: pose, blinks, brows, smile and lips by its landmarks."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, percentile_filter
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.evaluation.blinks import eye_openness
from styletalker.evaluation.eye_contrast import eye_contrast
from styletalker.evaluation.tracking import track
from styletalker.plugins.mesh.codes import to_codes
from styletalker.plugins.mesh.solve import CAMERA_DISTANCE, Person, Solution, View, solve
from styletalker.plugins.puppet.fields import FloatArray, ramp
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS

__all__ = ["follow", "motion_of"]

_AT_ONCE = 100
"""Frames that are in memory at once."""
_SAMPLES = 12
"""Frames that tell who somebody is: the identity is the median of their fits."""
_LEAST_FOUND = 0.5
"""Part of the frames in which there must be a face."""
_POSE_SMOOTH, _FACE_SMOOTH, _LIP_SMOOTH, _LID_SMOOTH = 1.6, 1.5, 0.7, 0.6
"""Standard deviations in frames of the smoothing over time; symmetric, so nothing lags."""
_LIPS_AT_REST, _USUAL_OPEN = 10.0, 70.0
"""Percentile of a clip at which lips count as closed, and eyes as open."""
_CONTRAST_COUNTS = 0.7
"""What a loss of contrast counts beside a loss of height of the eyes."""
_BLINK_FROM, _BLINK_TO = 0.33, 0.55
"""Loss of both at which a lid starts to close and is shut. In a sharp video of a person dlib's
landmarks lose half of their height in a blink and the contrast hardly changes, because of lashes
and make-up; in small pictures it is the other way round."""
_OPEN_FRAMES = 75
"""Frames around over which it is seen what is usual."""
_LIPS = ("part", "round", "spread", "press", "lip_up", "frown")
_FACE = ("smile", "brow_up", "brow_in", "squint")
_LOW = np.array([parameter.low for parameter in PARAMETERS])
_HIGH = np.array([parameter.high for parameter in PARAMETERS])


@attrs.frozen(kw_only=True, eq=False)
class _Seen:
    """One video, frame by frame; NaN has been bridged."""

    solutions: list[Solution]
    lost: NDArray[np.float64]
    """[T] how much the eyes lost of their usual height and contrast."""


def follow(frames: Iterable[NDArray[np.uint8]], analyser: FaceAnalyser) -> NDArray[np.float32]:
    """Codes [T, 24] of the largest face in *frames* [H, W, 3], see :func:`motion_of`.

    Frames are looked at in pieces; only landmarks are kept of them.

    Raises:
        InputError: there is no frame, or in more than half of them there is no face.
    """
    points, contrasts, found = [], [], 0.0
    remaining = iter(frames)
    while piece := list(itertools.islice(remaining, _AT_ONCE)):
        pictures = np.stack(piece)
        seen = track(analyser, pictures)
        found += seen.found_rate * len(piece)
        points.append(seen.landmarks)
        contrasts.append(eye_contrast(pictures, seen.landmarks))
    if not points:
        raise InputError("the motion video holds no frame")
    landmarks, contrast = np.concatenate(points), np.concatenate(contrasts)
    if found < _LEAST_FOUND * len(landmarks):
        problem = "there is no face to follow in the video"
        expected = "one that is seen in at least half of the frames"
        given = f"{100 * found / len(landmarks):.0f} % of {len(landmarks)} frames"
        fix = "Crop the video to the face that talks, or choose another."
        raise InputError(compose(problem, expected=expected, given=given, fix=fix))
    return to_codes(motion_of(_bridged(landmarks) - 0.5, _bridged(contrast)))


def motion_of(landmarks: FloatArray, contrast: FloatArray) -> NDArray[np.float64]:
    """Animation parameters [T, 23] of landmarks [T, 68, 2] and the eyes' contrast [T, 2].

    The person is fitted from the video itself. Pose, brows and smile are changes from the
    video's own median, lips from closed, lids from open eyes; there is no gaze.
    """
    landmarks = np.asarray(landmarks, np.float64)
    chosen = np.unique(np.linspace(0, len(landmarks) - 1, _SAMPLES).astype(int))
    fields = np.median([solve(landmarks[t]).fields for t in chosen], 0)
    person = Person(fields, View.of(np.median(landmarks, 0)))
    solutions = [person.follow(points) for points in landmarks]
    height = eye_openness(landmarks).mean(1)
    lost = _loss(height) + _CONTRAST_COUNTS * _loss(np.asarray(contrast).mean(1))
    return _to_motion(_Seen(solutions=solutions, lost=lost))


def _to_motion(seen: _Seen) -> NDArray[np.float64]:
    """Animation parameters [T, 23] within their ranges."""
    found = np.zeros((len(seen.solutions), len(PARAMETERS)))

    def put(name: str, values: FloatArray, frames: float) -> None:
        found[:, INDEX[name]] = gaussian_filter1d(values, frames, mode="nearest")

    angles = np.stack([one.angles for one in seen.solutions])
    for k, name in enumerate(("yaw", "pitch", "roll")):
        put(name, angles[:, k] - np.median(angles[:, k]), _POSE_SMOOTH)
    for name, values in _shifts(seen.solutions).items():
        put(name, values, _POSE_SMOOTH)
    for name in _FACE:
        values = np.array([one.expressions[name] for one in seen.solutions])
        put(name, values - np.median(values), _FACE_SMOOTH)
    jaw = np.array([one.jaw for one in seen.solutions])
    put("jaw", jaw - np.percentile(jaw, _LIPS_AT_REST), _LIP_SMOOTH)
    for name in _LIPS:
        values = np.array([one.expressions[name] for one in seen.solutions])
        put(name, values - np.percentile(values, _LIPS_AT_REST), _LIP_SMOOTH)
    for name in ("blink_l", "blink_r"):  # both eyes blink together
        put(name, ramp(_BLINK_FROM, _BLINK_TO, seen.lost), _LID_SMOOTH)
    return np.asarray(np.clip(found, _LOW, _HIGH), np.float64)


def _shifts(solutions: list[Solution]) -> dict[str, FloatArray]:
    """Where the head is relative to its median place, cm."""
    scale, x, y = (
        np.array([getattr(one.camera, name) for one in solutions]) for name in ("scale", "x", "y")
    )
    usual = np.median(scale)
    return {
        "tx": (x - np.median(x)) / usual,
        "ty": (np.median(y) - y) / usual,
        "tz": CAMERA_DISTANCE * (1 - usual / scale),
    }


def _loss(values: FloatArray) -> FloatArray:
    """The part [T] of what is usual around that *values* [T] lack; 0 where they are higher."""
    size = min(_OPEN_FRAMES, 2 * len(values) - 1)
    usual = percentile_filter(values, _USUAL_OPEN, size=size, mode="nearest")
    return np.maximum(1 - values / np.maximum(usual, 1e-6), 0.0)


def _bridged(values: FloatArray) -> NDArray[np.float64]:
    """*values* [T, ...] with unknown frames on straight lines between their neighbours."""
    flat = np.asarray(values, np.float64).reshape(len(values), -1).copy()
    known = np.isfinite(flat).all(1)
    t = np.arange(len(flat))
    for column in flat.T:
        column[:] = np.interp(t, t[known], column[known])
    return flat.reshape(values.shape)
