"""What SyncNet hears: MFCC by python_speech_features of sound on the scale of int16.

Floats from -1 to 1 would shift coefficient 0, the log energy, by -2 ln 32768 = -20.79.
"""

from __future__ import annotations

import numpy as np
import python_speech_features
from numpy.typing import NDArray
from styletalker.plugins.syncnet.network import WINDOW_COLUMNS

__all__ = ["COEFFICIENTS", "FPS", "HOP_COLUMNS", "OVERHANG", "SAMPLE_RATE", "as_int16", "mfcc",
           "mfcc_windows"]  # fmt: skip

SAMPLE_RATE = 16000
"""Hz."""
FPS = 25
"""Video frames per second."""
COEFFICIENTS = 13
"""Coefficients of a column; the first is the log energy."""
HOP_COLUMNS = 4
"""Columns from one window to the next: a video frame."""
OVERHANG = 240
"""Samples by which the last column of a window reaches beyond its five frames: columns are 25 ms
long and 10 ms apart."""


def as_int16(waveform: NDArray[np.floating]) -> NDArray[np.int16]:
    """A waveform [S] in [-1, 1] as a 16-bit WAV file holds it."""
    scaled = np.round(np.asarray(waveform, np.float64) * 32768)
    return np.clip(scaled, -32768, 32767).astype(np.int16)


def mfcc(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Coefficients [1 + ceil((S - 400) / 160), 13] of int16 samples [S] at 16 kHz.

    python_speech_features' defaults: windows of 25 ms (rectangular), 10 ms apart, pre-emphasis
    0.97, 26 filters, lifter 22, coefficient 0 replaced by the log energy. The last column is filled
    up with zeros.
    """
    found: NDArray[np.float64] = python_speech_features.mfcc(samples, SAMPLE_RATE)
    return found


def mfcc_windows(columns: NDArray[np.float64], count: int) -> NDArray[np.float32]:
    """The first *count* windows [count, 1, 13, 20] of columns [N, 13]; n starts at column 4n."""
    rows = np.ascontiguousarray(columns.T, np.float32)
    views = np.lib.stride_tricks.sliding_window_view(rows, WINDOW_COLUMNS, axis=1)
    return np.ascontiguousarray(views[:, ::HOP_COLUMNS][:, :count].transpose(1, 0, 2)[:, None])
