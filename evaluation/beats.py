"""Beats: when speech sets in, when the head moves, and whether they go together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import find_peaks
from styletalker.core.errors import InputError, compose

__all__ = ["SIGMA_S", "beat_alignment", "motion_beats", "onsets"]

FloatArray = NDArray[np.float64]

SIGMA_S = 0.12
"""How near is near: 3 frames at 25 frames/s. AIST++ takes 3 frames at 60 frames/s, which is less
than a frame of ours can tell."""
_WINDOW_S, _HOP_S = 0.032, 0.01
_COMPRESSION = 100.0
"""Spectra are compared as log(1 + 100 |X|): quiet onsets count too."""
_AROUND_S = 0.5
"""An onset stands out of the mean flux within this time."""
_ABOVE = 0.1
"""By this part of the largest flux, at least."""
_APART_S = 0.1
"""Syllables follow each other at 3 to 8 a second."""
_SMOOTH_FRAMES = 1.0
_LEAST_SPEED = 0.1
"""A beat's speed stands out by this part of the fastest, at least."""


def onsets(waveform: ArrayLike, sample_rate: int) -> FloatArray:
    """Times, in seconds, at which sound sets in; empty for silence.

    Peaks of the spectral flux (Bello et al. 2005): the sum over frequencies of the increase of
    log(1 + 100 |X|) from one window (32 ms, Hann, every 10 ms) to the next, that stand out of the
    mean within half a second by a tenth of the largest, 100 ms apart.

    Args:
        waveform: [S] mono in [-1, 1].
        sample_rate: in Hz.
    """
    samples = np.asarray(waveform, np.float64)
    size, hop = round(_WINDOW_S * sample_rate), round(_HOP_S * sample_rate)
    if samples.ndim != 1 or len(samples) < size + hop:
        return np.empty(0)
    count = (len(samples) - size) // hop + 1
    flux = np.zeros(count)
    window, before = np.hanning(size), np.zeros(size // 2 + 1)
    for k in range(count):
        piece = samples[k * hop : k * hop + size] * window
        now = np.log1p(_COMPRESSION * np.abs(np.fft.rfft(piece)) / size)
        flux[k] = np.maximum(now - before, 0).sum() if k else 0.0
        before = now
    if flux.max() < 1e-6:
        return np.empty(0)
    usual = uniform_filter1d(flux, max(1, round(_AROUND_S / _HOP_S)), mode="nearest")
    peaks, _ = find_peaks(flux - usual, height=_ABOVE * flux.max(), distance=_APART_S / _HOP_S)
    times: FloatArray = (peaks * hop + size / 2) / sample_rate
    return times


def motion_beats(angles: ArrayLike, fps: float) -> FloatArray:
    """Times, in seconds, at which the head moves fastest: peaks of its angular speed.

    The speed is the norm of the change of yaw, pitch and roll from frame to frame, smoothed over
    one frame; a peak stands out of its surroundings by a tenth of the fastest. Unknown frames
    (NaN) are bridged.

    Args:
        angles: [T, 3] in degrees.
        fps: frames per second.
    """
    values = np.asarray(angles, np.float64)
    known = np.isfinite(values).all(1)
    if known.sum() < 4:
        return np.empty(0)
    t = np.arange(len(values))
    whole = np.stack([np.interp(t, t[known], values[known, k]) for k in range(3)], 1)
    speed = gaussian_filter1d(np.linalg.norm(np.diff(whole, axis=0), axis=1), _SMOOTH_FRAMES)
    if speed.max() < 1e-9:
        return np.empty(0)
    peaks, _ = find_peaks(speed, prominence=_LEAST_SPEED * speed.max())
    times: FloatArray = (peaks + 1.0) / fps
    return times


def beat_alignment(moves: ArrayLike, sounds: ArrayLike, sigma_s: float = SIGMA_S) -> float:
    """How near the head's beats are to the sound's: 0 to 1, 1 if each falls on one.

    Mean over the head's beats of exp(-d^2 / (2 sigma^2)), where d is the time to the nearest onset:
    BeatAlign of AIST++ (Li et al. 2021), whose motion beats are minima of the speed.

    Raises:
        InputError: there is no beat of one kind.
    """
    a, b = np.asarray(moves, np.float64), np.asarray(sounds, np.float64)
    if not len(a) or not len(b):
        what = "the head never moves" if not len(a) else "no sound sets in"
        raise InputError(compose(f"{what}: there are no beats to compare"))
    nearest = np.abs(a[:, None] - b[None]).min(1)
    return float(np.exp(-(nearest**2) / (2 * sigma_s**2)).mean())
