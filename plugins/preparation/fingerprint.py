"""Fingerprints by which copies are found, though they were cut, scaled or encoded again.

The sound's is that of Haitsma and Kalker ("A highly robust audio fingerprinting system", 2002):
the signs of how the differences between neighbouring bands change in time, 32 bits for each step.
Here a step is half a frame (20 ms) and the change is over four steps, which 25 fps and re-encoding
move by little. The picture's is the sign of each low DCT coefficient of a small grey picture
against their median, 64 bits for every fifth frame.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "PICTURE_EVERY",
    "SOUND_STEP_S",
    "pack_prints",
    "picture_print",
    "sound_print",
    "unpack_prints",
]

SOUND_STEP_S = 0.02
"""Seconds from one word of a sound's fingerprint to the next."""
PICTURE_EVERY = 5
"""Frames from one word of a picture's fingerprint to the next."""
_RATE = 16000
_STEP = round(SOUND_STEP_S * _RATE)
_WINDOW = 4096
_BANDS = 33
_LOW_HZ, _HIGH_HZ = 300.0, 3000.0
"""Where speech is, and what a telephone line passes."""
_CHANGE = 4
_SMALL = 32
_PICTURE_BITS = 8


def sound_print(waveform: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Fingerprint [S / 320] of a sound [S] at 16 kHz, one word for each 20 ms."""
    count = len(waveform) // _STEP
    if count == 0:
        return np.zeros(0, np.uint32)
    padded = np.pad(waveform.astype(np.float64), (_WINDOW // 2, _WINDOW // 2))
    window, bands = np.hanning(_WINDOW), _filters()
    energies = np.empty((count, _BANDS))
    for t in range(count):
        piece = padded[t * _STEP : t * _STEP + _WINDOW]
        energies[t] = np.log(bands @ (np.abs(np.fft.rfft(piece * window)) ** 2) + 1e-9)
    across = energies[:, :-1] - energies[:, 1:]  # [N, 32]
    before = across[np.maximum(np.arange(count) - _CHANGE, 0)]
    bits = (across - before > 0).astype(np.uint32)
    weights = (1 << np.arange(32, dtype=np.uint64)).astype(np.uint32)
    return np.asarray((bits * weights).sum(1, dtype=np.uint64).astype(np.uint32))


def picture_print(frames: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Fingerprint of pictures [T, H, W, 3], one word for every fifth of them."""
    words = []
    for frame in frames[::PICTURE_EVERY]:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
        low = cv2.dct(small.astype(np.float32))[:_PICTURE_BITS, :_PICTURE_BITS].reshape(-1)
        bits = low > np.median(low[1:])
        words.append(sum(1 << k for k, bit in enumerate(bits) if bit))
    return np.array(words, np.uint64)


def pack_prints(words: NDArray[np.uint32] | NDArray[np.uint64]) -> str:
    """Words as hexadecimal text."""
    return words.astype(words.dtype.newbyteorder(">")).tobytes().hex()


def unpack_prints(text: str, bits: int) -> NDArray[np.uint64]:
    """The words in a text that :func:`pack_prints` made of words of so many *bits*."""
    return np.frombuffer(bytes.fromhex(text), f">u{bits // 8}").astype(np.uint64)


@functools.cache
def _filters() -> NDArray[np.float64]:
    """Bands [33, 2049] of equal width in logarithmic frequency."""
    edges = np.geomspace(_LOW_HZ, _HIGH_HZ, _BANDS + 1)
    frequencies = np.fft.rfftfreq(_WINDOW, 1 / _RATE)
    bands = np.zeros((_BANDS, len(frequencies)))
    for k in range(_BANDS):
        inside = (frequencies >= edges[k]) & (frequencies < edges[k + 1])
        bands[k, inside] = 1.0
    return bands
