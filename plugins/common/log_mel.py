"""Log-mel spectrograms of speech, in torch, with every constant in one place.

Stevens, Volkmann and Newman 1937 for the mel scale, in the formula of O'Shaughnessy (1987),
which HTK uses. Everything is computed in float32, whatever the precision around it: a band's
power spans ten decades. The waveform gets no gradient: nothing in the toolkit trains it.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

__all__ = [
    "COLUMNS_PER_FRAME",
    "FPS",
    "HOP",
    "LEVEL_FLOOR",
    "SAMPLE_RATE",
    "WINDOW",
    "compress",
    "mel_filters",
    "mel_power",
]

SAMPLE_RATE = 16000
"""Hz. Speech above 8 kHz says nothing about the lips."""
FPS = 25
"""Video frames per second: what the field trains and measures at."""
HOP = 160
"""Samples between columns, 10 ms: the customary step; a whole number fits into a video frame."""
WINDOW = 400
"""Samples per column, 25 ms: two periods of the lowest voices (80 Hz)."""
COLUMNS_PER_FRAME = SAMPLE_RATE // FPS // HOP
"""Columns per video frame: 4."""
LEVEL_FLOOR = 1e-6
"""Lowest level that counts as speech, as mean power: -60 dB of full scale. Levels are not taken
lower, so that silence stays silent instead of being amplified."""

_FFT = 1024
"""Points of the transform: zero-padded, so that the narrowest of 96 bands holds two bins."""
_LOWEST_HZ = 50.0
"""Below is hum."""
_HIGHEST_HZ = 7600.0
"""Above, codecs and resamplers already roll off."""
_RANGE = 1e-4
"""Least power relative to the level that is told from none, 40 dB under it: what is quieter is
room and codec noise in most recordings."""


def mel_filters(bands: int) -> Tensor:
    """Triangular filters [bands, 513], equally spaced in mel; each sums to 1.

    Summing to 1 makes a band's power the mean density within it: white noise of variance v has
    the power v in every band.
    """
    low, high = _mel(torch.tensor([_LOWEST_HZ, _HIGHEST_HZ], dtype=torch.float64))
    corners = _hertz(torch.linspace(float(low), float(high), bands + 2, dtype=torch.float64))
    bins = torch.linspace(0, SAMPLE_RATE / 2, _FFT // 2 + 1, dtype=torch.float64)
    rising = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    falling = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    triangles = torch.minimum(rising, falling).clamp(min=0)  # [bands, bins]
    return (triangles / triangles.sum(1, keepdim=True)).float()


@torch.no_grad()
def mel_power(waveform: Tensor, bands: int) -> Tensor:
    """Power per band [B, columns, bands] of a waveform [B, S].

    Column j is about the samples [j * HOP, j * HOP + WINDOW); there is no padding, so a piece
    shorter than a window has no column.
    """
    columns = max(0, (waveform.shape[1] - WINDOW) // HOP + 1)
    if columns == 0:
        return waveform.new_zeros(len(waveform), 0, bands, dtype=torch.float32)
    with torch.autocast(waveform.device.type, enabled=False):
        window, filters = _constants(bands, waveform.device)
        pieces = waveform.float().unfold(1, WINDOW, HOP) * window  # [B, columns, WINDOW]
        spectrum = torch.fft.rfft(pieces, n=_FFT)  # [B, columns, bins]
        power: Tensor = (spectrum.real.square() + spectrum.imag.square()) @ filters
    return power


@torch.no_grad()
def compress(power: Tensor, level: Tensor) -> Tensor:
    """Power on a logarithmic scale: 0 is silence, 1 the *level* that it is relative to.

    Args:
        power: [..., bands].
        level: mean power of the speech around, broadcastable; at least LEVEL_FLOOR is used.
    """
    relative = power / level.clamp(min=LEVEL_FLOOR)
    return 1 - (relative + _RANGE).log10() / math.log10(_RANGE)


@functools.lru_cache(maxsize=8)
def _constants(bands: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Window [WINDOW] of unit energy, and the filters [bins, bands].

    Kept outside of the modules: ``module.to(torch.bfloat16)`` would round them.
    """
    window = torch.hann_window(WINDOW)
    window = window / window.square().sum().sqrt()
    return window.to(device), mel_filters(bands).T.contiguous().to(device)


def _mel(hertz: Tensor) -> Tensor:
    return 2595 * torch.log10(1 + hertz / 700)


def _hertz(mel: Tensor) -> Tensor:
    return 700 * (10 ** (mel / 2595) - 1)
