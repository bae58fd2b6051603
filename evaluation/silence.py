"""Silence by the sound's level, where nothing is known of what is said."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["silent_motion", "silent_spans"]

FloatArray = NDArray[np.float64]

_BELOW_DB = 30.0
"""Below the clip's loud frames by this much is silence: breath and room are, closures of stops
are too, but those are shorter than a silence must be."""
_LOUD_PERCENTILE = 95.0
_QUIETEST = 1e-4
"""Below this root mean square (-80 dB) is silence, however quiet the rest is."""
_LEAST_S = 0.24
"""As for pauses of speech, 200 ms is the border; this is the next whole frame at 25 frames/s."""
_SETTLE_FRAMES = 2
"""Frames at each end in which lips may still close or already open."""


def silent_spans(waveform: ArrayLike, frames: int) -> list[slice]:
    """Frames in which nothing is heard, of silences of 240 ms (6 frames at 25 frames/s) or more.

    A frame is silent if the root mean square of its sound is 30 dB below the 95th percentile of
    the clip, or below -80 dB. Two frames at each end of a silence are left out.

    Args:
        waveform: [S], in [-1, 1], of the same time as the frames.
        frames: their number T; at 25 frames/s.
    """
    pieces = np.array_split(np.asarray(waveform, np.float64), max(frames, 1))
    level = np.array([float(np.sqrt((piece**2).mean())) if len(piece) else 0 for piece in pieces])
    loud = float(np.percentile(level, _LOUD_PERCENTILE))
    quiet = level < max(loud * 10 ** (-_BELOW_DB / 20), _QUIETEST)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(int), [0]])))
    least = round(_LEAST_S * 25)
    return [
        slice(int(first) + _SETTLE_FRAMES, int(last) - _SETTLE_FRAMES)
        for first, last in edges.reshape(-1, 2)
        if last - first >= least
    ]


def silent_motion(opened: FloatArray, spans: list[slice]) -> float:
    """Mean absolute change of the aperture [T] from frame to frame in some spans; NaN if none."""
    steps = np.concatenate([np.abs(np.diff(opened[span])) for span in spans] or [np.empty(0)])
    steps = steps[np.isfinite(steps)]
    return float(steps.mean()) if len(steps) else float("nan")
