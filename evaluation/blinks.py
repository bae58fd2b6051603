"""Blinks: when the eyes close, for how long, and whether two videos blink together."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import percentile_filter
from scipy.signal import find_peaks, peak_widths
from styletalker.core.errors import InputError, compose

__all__ = ["Blink", "blink_f1", "blink_matches", "blinks", "blinks_per_minute", "eye_openness"]

FloatArray = NDArray[np.float64]

_BASELINE_S = 3.0
"""Openness is compared with the eyes' usual openness over this time around."""
_BASELINE_PERCENTILE = 70.0
"""The usual openness: above the middle, since blinks pull the middle down."""
_LEAST_DEPTH = 0.3
"""How much of the openness a blink takes, at least; both measures of openness fall by half."""
_LONGEST_S = 0.6
"""Eyes that stay shut longer are not blinking. Blinks last 0.1 to 0.4 s."""
_EDGE = 0.75
"""A blink starts and ends where this part of its depth is gone."""


@attrs.frozen(kw_only=True)
class Blink:
    """One blink, in frames from the start of the clip."""

    start: float
    """Where the lids start to close."""
    peak: int
    """The frame in which they are most closed."""
    end: float
    """Where they are open again."""

    def duration_s(self, fps: float) -> float:
        """From start to end, in seconds."""
        return (self.end - self.start) / fps


def eye_openness(landmarks: ArrayLike) -> FloatArray:
    """Eye aspect ratio of the eye at the left and the right of the image: [T, 2].

    Of [T, 68, 2] landmarks: (|p1 - p5| + |p2 - p4|) / (2 |p0 - p3|) over the six points of an
    eye (Soukupova & Cech 2016). About 0.3 for open eyes, 0.1 for closed ones: it depends on the
    person and on the head's pitch, so compare it with the same clip's.

    **Pitfall.** dlib's 68-point model hardly moves the lids of small faces:
    :func:`~styletalker.evaluation.eye_contrast.eye_contrast` finds blinks better with it. Use
    this for accurate landmarks.
    """
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 3 or points.shape[1:] != (68, 2):
        problem = "landmarks have the wrong shape"
        raise InputError(compose(problem, expected="[T, 68, 2]", given=points.shape))
    eyes = points[:, 36:48].reshape(len(points), 2, 6, 2)
    height = _distance(eyes, 1, 5) + _distance(eyes, 2, 4)
    wide = _distance(eyes, 0, 3)
    ratio: FloatArray = height / (2 * np.where(wide > 1e-9, wide, np.nan))
    return ratio


def _distance(eyes: FloatArray, a: int, b: int) -> FloatArray:
    distance: FloatArray = np.linalg.norm(eyes[:, :, a] - eyes[:, :, b], axis=-1)
    return distance


def blinks(openness: ArrayLike, fps: float) -> list[Blink]:
    """The blinks in an openness [T] of the eyes, in order.

    The openness is divided by what is usual around (the 70th percentile over 3 s); a blink is a
    dip of at least 0.3 that lasts at most 0.6 s. Unknown values (NaN) are bridged by
    straight lines. Use the mean of both eyes: a wink is no blink.

    **Pitfalls.** At 25 fps a blink is 3 to 8 frames: smoothing hides it. Looking down lowers the
    lids as well; what lasts longer than 0.6 s does not count.

    Raises:
        InputError: *openness* is not one value a frame.
    """
    values = np.asarray(openness, np.float64)
    if values.ndim != 1:
        problem = "blinks need one openness a frame"
        raise InputError(compose(problem, expected="[T]", given=values.shape))
    known = np.isfinite(values)
    if known.sum() < 3:
        return []
    t = np.arange(len(values))
    values = np.interp(t, t[known], values[known])
    size = min(round(_BASELINE_S * fps) | 1, 2 * len(values) - 1)
    usual = percentile_filter(values, _BASELINE_PERCENTILE, size=size, mode="nearest")
    closed = 1 - values / np.maximum(usual, 1e-9)
    # A blink at the very start or end is a dip too: eyes are open before and after.
    padded = np.concatenate([[0.0], closed, [0.0]])
    peaks, _ = find_peaks(padded, height=_LEAST_DEPTH, prominence=_LEAST_DEPTH)
    _, _, starts, ends = peak_widths(padded, peaks, rel_height=_EDGE)
    found = [
        Blink(start=float(start) - 1, peak=int(peak) - 1, end=float(end) - 1)
        for start, peak, end in zip(starts, peaks, ends, strict=True)
    ]
    return [one for one in found if one.duration_s(fps) <= _LONGEST_S]


def blinks_per_minute(count: int, seconds: float) -> float:
    """Blink rate; people at rest blink 10 to 20 times a minute, speakers 15 to 30."""
    return 60 * count / seconds


def blink_f1(first: Sequence[Blink], second: Sequence[Blink], tolerance_frames: float = 3) -> float:
    """Whether two clips blink at the same times: F1, 0 to 1; NaN if neither blinks.

    F1 = 2 :func:`blink_matches` / (blinks of the first + blinks of the second).
    """
    if not first and not second:
        return float("nan")
    return 2 * blink_matches(first, second, tolerance_frames) / (len(first) + len(second))


def blink_matches(
    first: Sequence[Blink], second: Sequence[Blink], tolerance_frames: float = 3
) -> int:
    """How many blinks two clips have in common.

    They match one to one, nearest peaks first, up to *tolerance_frames* apart.
    """
    pairs = sorted(
        (abs(a.peak - b.peak), i, j) for i, a in enumerate(first) for j, b in enumerate(second)
    )
    left, right = set(range(len(first))), set(range(len(second)))
    matches = 0
    for distance, i, j in pairs:
        if distance <= tolerance_frames and i in left and j in right:
            left.remove(i)
            right.remove(j)
            matches += 1
    return matches
