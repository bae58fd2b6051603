"""Lips: how open they are, whether they close where they must, whether they rest in pauses.

All lengths are in inter-ocular distances (outer eye corners, points 36 and 45): they do not
depend on the resolution or on how large the face is. A yaw of the head makes this unit shorter.

**Pitfall.** Landmarks of closed lips do not meet: dlib's 68-point model puts the points of a
closed mouth some 0.01 to 0.03 apart and wavers by as much. Compare a video with the ground truth
*measured in the same way*, never with 0 or 100 %.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from styletalker.core.clip import Phoneme
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.phonetics import frames_of, is_bilabial, is_open_vowel, long_pauses

__all__ = ["CLOSED_SHARE", "PAUSE_S", "Closure", "aperture", "bilabial_closure", "pause_frames",
           "pause_motion", "vowel_openness", "width"]  # fmt: skip

FloatArray = NDArray[np.float64]

CLOSED_SHARE = 0.25
"""Lips are closed below this share of the clip's mean aperture on open vowels. On the puppet
corpus, whose lips meet by construction, the true landmarks give 98 % closed with it."""
PAUSE_S = 0.2
"""Shorter pauses are closures of stops and hesitations, in which lips may move."""
_SETTLE_FRAMES = 2
"""Frames at each end of a pause in which lips may still close or already open."""
_TOO_NEAR = 1e-9


@attrs.frozen(kw_only=True)
class Closure:
    """How often lips met where they must."""

    closed: int
    """Sounds p, b, m with closed lips."""
    total: int
    """Sounds p, b, m whose frames could be measured."""

    @property
    def rate(self) -> float:
        """Closed / total, 0 to 1; NaN if there was none."""
        return self.closed / self.total if self.total else float("nan")


def aperture(landmarks: ArrayLike) -> FloatArray:
    """Opening of the lips [T] in [T, 68, 2] landmarks, in inter-ocular distances.

    Mean of the distances 61-67, 62-66 and 63-65 over the distance 36-45. NaN where landmarks
    are. Between 0 (closed) and about 0.3 in speech.
    """
    points = _points(landmarks)
    gap: FloatArray = np.linalg.norm(points[:, [61, 62, 63]] - points[:, [67, 66, 65]], axis=-1)
    opened: FloatArray = gap.mean(-1) / _unit(points)
    return opened


def width(landmarks: ArrayLike) -> FloatArray:
    """Width of the mouth [T] in [T, 68, 2] landmarks: distance 48-54 over the distance 36-45."""
    points = _points(landmarks)
    wide: FloatArray = np.linalg.norm(points[:, 54] - points[:, 48], axis=-1) / _unit(points)
    return wide


def vowel_openness(opened: FloatArray, phonemes: Sequence[Phoneme], fps: float) -> float:
    """Mean aperture over the frames of open vowels; NaN if there are none.

    Args:
        opened: aperture [T], NaN where unknown.
        phonemes: what sounds when.
        fps: frames per second.
    """
    spans = [opened[frames_of(p, fps, len(opened))] for p in phonemes if is_open_vowel(p)]
    return _mean(spans)


def bilabial_closure(
    opened: FloatArray, phonemes: Sequence[Phoneme], fps: float, open_level: float
) -> Closure:
    """How often the lips close on p, b and m.

    A sound counts as closed when the smallest aperture from one frame before to one frame after
    it is less than :data:`CLOSED_SHARE` of *open_level*.

    Args:
        opened: aperture [T], NaN where unknown; sounds in unknown frames only are not counted.
        phonemes: what sounds when.
        fps: frames per second.
        open_level: what counts as open, normally the same clip's :func:`vowel_openness`. NaN
            (no open vowel) counts nothing.
    """
    if not np.isfinite(open_level):
        return Closure(closed=0, total=0)
    smallest = []
    for phoneme in filter(is_bilabial, phonemes):
        values = opened[frames_of(phoneme, fps, len(opened), margin=1)]
        values = values[np.isfinite(values)]
        if len(values):
            smallest.append(float(values.min()))
    closed = sum(value < CLOSED_SHARE * open_level for value in smallest)
    return Closure(closed=closed, total=len(smallest))


def pause_frames(frames: int, phonemes: Sequence[Phoneme], fps: float) -> list[slice]:
    """The frames of pauses of more than 200 ms, without two frames at each end; may be empty."""
    pauses = long_pauses(phonemes, PAUSE_S)
    return [frames_of(pause, fps, frames, margin=-_SETTLE_FRAMES) for pause in pauses]


def pause_motion(opened: FloatArray, phonemes: Sequence[Phoneme], fps: float) -> float:
    """Mean absolute change of aperture from frame to frame in pauses, per frame; NaN if none.

    Over the frames of :func:`pause_frames`. What dlib gives for lips at rest is its own noise,
    0.003 to 0.01: compare with the ground truth's.
    """
    spans = [np.abs(np.diff(opened[one])) for one in pause_frames(len(opened), phonemes, fps)]
    return _mean(spans)


def _mean(spans: list[FloatArray]) -> float:
    values = np.concatenate([*spans, np.empty(0)])
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


def _points(landmarks: ArrayLike) -> FloatArray:
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        problem = "landmarks have the wrong shape"
        raise InputError(compose(problem, expected="[T, 68, 2]", given=points.shape))
    return points


def _unit(points: FloatArray) -> FloatArray:
    distance: FloatArray = np.linalg.norm(points[:, 45] - points[:, 36], axis=-1)
    return np.where(distance > _TOO_NEAR, distance, np.nan)
