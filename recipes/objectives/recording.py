"""Recordings as users make them: rooms, noise, telephones and codecs, put on clean speech.

A synthetic voice is recorded in no room. An audio encoder that heard only such speech takes a fan
for a vowel; what it hears in training is therefore spoiled at random, and the lips stay those of
the clean speech. Each spoiling keeps the timing: a room's direct sound comes first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt
from styletalker.recipes.objectives.spoiling import Spoiling

__all__ = ["spoiled"]

_Sound = NDArray[np.float32]


def spoiled(
    rng: np.random.Generator,
    speech: _Sound,
    sample_rate: int,
    spoiling: Spoiling,
    *,
    others: _Sound | None = None,
) -> _Sound:
    """*speech* [S] as another recording of the same talk, of the same length.

    Args:
        rng: decides what is done.
        speech: mono, in [-1, 1].
        sample_rate: samples per second.
        spoiling: how often what is done.
        others: what other people say meanwhile [S]; noise is never speech if None.
    """
    chance = rng.random(5)
    sound = speech.astype(np.float64)
    if chance[0] < spoiling.colour:
        sound = _coloured(rng, sound)
    if chance[1] < spoiling.room:
        sound = _in_a_room(rng, sound, sample_rate)
    if chance[2] < spoiling.noise:
        sound = sound + _noise(rng, sound, others)
    if chance[3] < spoiling.band:
        sound = _banded(rng, sound, sample_rate)
    if chance[4] < spoiling.codec:
        sound = _coded(rng, sound)
    peak = np.abs(sound).max() + 1e-9
    gain = 10 ** (-rng.uniform(0, spoiling.level_db) / 20) * 0.9 / peak
    recorded: _Sound = np.clip(sound * gain, -1, 1).astype(np.float32)
    return recorded


def _coloured(rng: np.random.Generator, sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """A smooth gain over (roughly logarithmic) frequency, without delay."""
    spectrum = np.fft.rfft(sound)
    places = np.linspace(0, 1, len(spectrum)) ** 0.4
    decibels = np.interp(places, np.linspace(0, 1, 8), rng.normal(0, 5, 8))
    return np.fft.irfft(spectrum * 10 ** (decibels / 20), len(sound))


def _in_a_room(
    rng: np.random.Generator, sound: NDArray[np.float64], sample_rate: int
) -> NDArray[np.float64]:
    """The direct sound, and exponentially decaying echoes after it."""
    seconds = rng.uniform(0.1, 0.8)
    times = np.arange(int(seconds * sample_rate)) / sample_rate
    echoes = rng.standard_normal(len(times)) * 10 ** (-3 * times / seconds)
    echoes[: int(rng.uniform(0.001, 0.01) * sample_rate)] = 0
    echoes *= rng.uniform(0.1, 0.9) / (np.sqrt((echoes**2).sum()) + 1e-9)
    return sound + fftconvolve(sound, echoes)[: len(sound)]


def _noise(
    rng: np.random.Generator, sound: NDArray[np.float64], others: _Sound | None
) -> NDArray[np.float64]:
    """Noise of a power of 1/f^n with n from 0 to 2, or other people."""
    if others is not None and rng.random() < 0.25:
        noise, quietest = others.astype(np.float64), 12.0
    else:
        spectrum = np.fft.rfft(rng.standard_normal(len(sound)))
        spectrum *= np.arange(1, len(spectrum) + 1) ** (-rng.uniform(0, 1))
        noise, quietest = np.fft.irfft(spectrum, len(sound)), 5.0
    power = np.sqrt((noise**2).mean()) + 1e-9
    below = 10 ** (-rng.uniform(quietest, 40) / 20)
    scaled: NDArray[np.float64] = noise / power * np.sqrt((sound**2).mean()) * below
    return scaled


def _banded(
    rng: np.random.Generator, sound: NDArray[np.float64], sample_rate: int
) -> NDArray[np.float64]:
    """Without what is below or above a random frequency."""
    edges = (rng.uniform(80, 350), rng.uniform(3200, 7000))
    kind = rng.integers(3)
    if kind == 0:
        filtered = butter(2, edges[0], "highpass", fs=sample_rate, output="sos")
    elif kind == 1:
        filtered = butter(4, edges[1], "lowpass", fs=sample_rate, output="sos")
    else:
        filtered = butter(3, edges, "bandpass", fs=sample_rate, output="sos")
    return np.asarray(sosfilt(filtered, sound), np.float64)


_BLOCK = 512
"""Samples per block of the mock codec, 32 ms, overlapping by half."""


def _coded(rng: np.random.Generator, sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Few bits, or blocks whose weakest frequencies are dropped."""
    if rng.random() < 0.3:
        top = np.abs(sound).max() + 1e-9
        compressed = np.sign(sound) * np.log1p(255 * np.abs(sound) / top) / np.log(256)
        steps = np.round(compressed * 127 / rng.uniform(1, 6)) * 1.0
        steps /= np.abs(steps).max() + 1e-9
        return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) * np.log(256)) / 255 * top)
    padded = np.pad(sound, (_BLOCK // 2, _BLOCK + _BLOCK // 2))
    window = np.sin(np.pi * (np.arange(_BLOCK) + 0.5) / _BLOCK)
    starts = np.arange(0, len(padded) - _BLOCK + 1, _BLOCK // 2)
    blocks = np.stack([padded[s : s + _BLOCK] for s in starts]) * window
    spectrum = np.fft.rfft(blocks, axis=1)
    size = np.abs(spectrum)
    kept = size >= np.quantile(size, rng.uniform(0.4, 0.85), axis=1, keepdims=True)
    blocks = np.fft.irfft(spectrum * kept, _BLOCK, axis=1) * window
    out = np.zeros(len(padded))
    for start, block in zip(starts, blocks, strict=True):
        out[start : start + _BLOCK] += block
    return out[_BLOCK // 2 : _BLOCK // 2 + len(sound)]
