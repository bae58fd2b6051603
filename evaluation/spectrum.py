"""How a head moves at each frequency, and how far that is from how the real one does."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import welch
from styletalker.core.errors import InputError, compose

__all__ = ["WINDOW", "pose_spectrum", "spectrum_distance"]

FloatArray = NDArray[np.float64]

WINDOW = 32
"""Frames of a window: 1.3 s at 25 frames/s, hence 16 frequencies from 0.8 to 12.5 Hz."""
_FLOOR = 1e-3
"""Power, in deg^2/Hz, below which nothing is told apart: the noise of landmarks is above it."""
_LEAST_KNOWN = 0.5


def pose_spectrum(angles: ArrayLike, fps: float) -> FloatArray:
    """Power of yaw, pitch and roll at 16 frequencies: [3, 16], in deg^2/Hz.

    Welch 1967: Hann windows of 32 frames, half overlapping, each without its mean; the
    frequencies are fps / 32 times 1 to 16. Unknown frames (NaN) are bridged.

    Args:
        angles: [T, 3] in degrees.
        fps: frames per second.

    Raises:
        InputError: there are fewer than 32 frames, or half of them are unknown.
    """
    values = np.asarray(angles, np.float64)
    known = np.isfinite(values).all(1)
    if len(values) < WINDOW or known.mean() < _LEAST_KNOWN:
        problem = "too few frames have a face for a spectrum of the head's motion"
        expected = f"at least {WINDOW}, half of them with a face"
        raise InputError(compose(problem, expected=expected, given=int(known.sum())))
    t = np.arange(len(values))
    whole = np.stack([np.interp(t, t[known], values[known, k]) for k in range(3)])
    _, power = welch(whole, fps, nperseg=WINDOW)
    spectrum: FloatArray = power[:, 1:]
    return spectrum


def spectrum_distance(power: ArrayLike, truth: ArrayLike) -> float:
    """Mean absolute difference of two spectra in dB, 0 if they are equal.

    |10 log10((P + f) / (Q + f))|, averaged over angles and frequencies, with a floor f of 0.001
    deg^2/Hz so that a frozen head is far away, not infinitely far.
    """
    p, q = np.asarray(power, np.float64), np.asarray(truth, np.float64)
    return float(np.abs(10 * np.log10((p + _FLOOR) / (q + _FLOOR))).mean())
