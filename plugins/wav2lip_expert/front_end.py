"""What Wav2Lip hears: a log-mel spectrogram as its hparams.py describes it.

The released models were trained with librosa 0.7.0, which pads the sound's ends by reflection; from
0.9 on librosa pads with zeros, which changes the first and last two columns by up to 2 units.
"""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from styletalker.core.errors import InputError, compose
from styletalker.plugins.wav2lip_expert.network import WINDOW_COLUMNS

__all__ = [
    "BANDS",
    "FPS",
    "HOP",
    "OVERHANG",
    "SAMPLE_RATE",
    "first_column",
    "linear_spectrogram",
    "mel_filters",
    "mel_spectrogram",
    "mel_windows",
]

SAMPLE_RATE = 16000
"""Hz."""
FPS = 25
"""Video frames per second."""
HOP = 200
"""Samples between columns: 80 columns a second."""
BANDS = 80
"""Mel bands."""
OVERHANG = 600
"""Samples by which a window's columns reach beyond its five frames, before or after: a column is
800 samples around its place, and places are rounded down to columns."""
_WINDOW = 800
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 7600.0
_PREEMPHASIS = 0.97
_MIN_DB, _REF_DB = -100.0, 20.0
_LIMIT = 4.0
"""Values are from -4 to 4."""
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
"""Slaney's scale is linear up to here, logarithmic above."""
_LOG_STEP = np.log(6.4) / 27.0

Padding = Literal["reflect", "constant"]
FloatArray = NDArray[np.float64]


def mel_spectrogram(samples: NDArray[np.floating], padding: Padding = "reflect") -> FloatArray:
    """Log-mel spectrogram [80, 1 + S // 200] of a waveform [S] in [-1, 1] at 16 kHz, from -4 to 4.

    Pre-emphasis 0.97, Hann windows of 800 samples around every 200th, mel filters on the magnitude
    (not the power), dB relative to 20 dB, -100 to 0 dB mapped to -4 to 4 and cut there.

    Raises:
        InputError: the sound is too short to be reflected.
    """
    return _normalised(mel_filters() @ _magnitude(samples, padding))


def linear_spectrogram(samples: NDArray[np.floating], padding: Padding = "reflect") -> FloatArray:
    """The same without mel filters, [401, 1 + S // 200]."""
    return _normalised(_magnitude(samples, padding))


def first_column(frame: int) -> int:
    """The mel column at which the window of a video frame starts: int(80 * frame / 25)."""
    return int(80.0 * (frame / float(FPS)))


def mel_windows(mel: FloatArray, count: int) -> NDArray[np.float32]:
    """The windows [count, 1, 80, 16] that belong to the video windows from frame 0 to count - 1."""
    starts = [first_column(n) for n in range(count)]
    pieces = [mel[:, start : start + WINDOW_COLUMNS] for start in starts]
    return np.stack(pieces).astype(np.float32)[:, None]


@functools.cache
def mel_filters() -> FloatArray:
    """Triangles [80, 401] on Slaney's scale, each of unit area."""
    ends = np.array([_LOWEST_HZ, _HIGHEST_HZ])
    low, high = _mel(ends)
    corners = _hertz(np.linspace(low, high, BANDS + 2))
    bins = np.linspace(0, SAMPLE_RATE / 2, _WINDOW // 2 + 1)
    rising = (bins - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - bins) / np.diff(corners)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: FloatArray = triangles * (2 / (corners[2:] - corners[:-2]))[:, None]
    filters.setflags(write=False)
    return filters


def _magnitude(samples: NDArray[np.floating], padding: Padding) -> FloatArray:
    half = _WINDOW // 2
    if padding == "reflect" and len(samples) <= half:
        problem = "waveform too short for a spectrogram"
        expected = f"more than {half} samples"
        raise InputError(compose(problem, expected=expected, given=len(samples)))
    emphasised = lfilter([1, -_PREEMPHASIS], [1], np.asarray(samples, np.float64))
    padded = np.pad(np.asarray(emphasised), half, mode=padding)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    return np.abs(np.fft.rfft(pieces * hann)).T


def _normalised(magnitude: FloatArray) -> FloatArray:
    floor = np.exp(_MIN_DB / 20 * np.log(10))
    decibels = 20 * np.log10(np.maximum(floor, magnitude)) - _REF_DB
    scaled = 2 * _LIMIT * (decibels - _MIN_DB) / -_MIN_DB - _LIMIT
    return np.asarray(np.clip(scaled, -_LIMIT, _LIMIT), np.float64)


def _mel(hertz: FloatArray) -> FloatArray:
    linear = hertz * (_BREAK_MEL / _BREAK_HZ)
    above = _BREAK_MEL + np.log(np.maximum(hertz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hertz >= _BREAK_HZ, above, linear)


def _hertz(mel: FloatArray) -> FloatArray:
    linear = mel * (_BREAK_HZ / _BREAK_MEL)
    above = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel >= _BREAK_MEL, above, linear)
