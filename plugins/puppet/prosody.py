"""What the body follows in speech: loudness, pitch, accents and phrases."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.espeak import SAMPLE_RATE_HZ, Phoneme, Speech
from styletalker.plugins.puppet.signals import FPS, Track, smooth

__all__ = ["Accent", "Phrase", "Prosody", "analyse"]

HOP = SAMPLE_RATE_HZ // FPS
"""Samples per frame: 640."""

_PITCH_WINDOW = 1024
"""64 ms: two periods of the lowest voice."""

_PITCH_HZ = (60.0, 400.0)
"""Search range of the fundamental."""

_VOICED = 0.45
"""Least normalised autocorrelation of a voiced frame."""

_FLOOR_DB = -60.0
"""Silence: quieter frames count as this."""

_PHRASE_GAP_S = 0.12
"""A pause this long ends a phrase; shorter ones are closures and word joints."""


@attrs.frozen
class Accent:
    """A prominent syllable."""

    time_s: float
    """Middle of its vowel."""
    strength: float
    """About 1 on average, 0.3 to 2: how far louder and higher than its surroundings."""


@attrs.frozen
class Phrase:
    """Speech between two pauses."""

    start_s: float
    """First sound."""
    end_s: float
    """Last sound."""


@attrs.frozen(eq=False)
class Prosody:
    """Prosody of a clip, per frame and as events."""

    energy_db: Track
    """Level of each frame [T] in dB below full scale, not under -60."""
    loudness: Track
    """Smoothed relative loudness [T], about 0.8 to 1.2: a factor on effort."""
    f0_hz: Track
    """Fundamental frequency [T], 0 where unvoiced."""
    activity: Track
    """1 in speech, 0 in pauses, with soft flanks [T]."""
    accents: tuple[Accent, ...]
    """Prominent syllables in time order."""
    phrases: tuple[Phrase, ...]
    """Phrases in time order."""


def analyse(speech: Speech, frames: int) -> Prosody:
    """The prosody of the first *frames* frames of *speech*, silence beyond its end."""
    padded = np.zeros(frames * HOP + _PITCH_WINDOW)
    used = speech.waveform[: frames * HOP]
    padded[: len(used)] = used
    pieces = padded[: frames * HOP].reshape(frames, HOP)
    energy_db = np.maximum(10 * np.log10((pieces**2).mean(1) + 1e-12), _FLOOR_DB)
    f0_hz = _fundamental(padded, frames)
    speaking = energy_db > energy_db.max() - 35
    level = smooth(energy_db, 0.12)
    usual = float(np.median(energy_db[speaking])) if speaking.any() else _FLOOR_DB
    loudness = np.clip(1 + (level - usual) / 40, 0.8, 1.2)
    phrases = _phrases(speech.phonemes)
    times = (np.arange(frames) + 0.5) / FPS
    active = np.zeros(frames)
    for phrase in phrases:
        active[(times >= phrase.start_s) & (times < phrase.end_s)] = 1.0
    return Prosody(
        energy_db=energy_db,
        loudness=loudness,
        f0_hz=f0_hz,
        activity=smooth(active, 0.15),
        accents=_accents(speech.phonemes, energy_db, f0_hz),
        phrases=phrases,
    )


def _fundamental(padded: NDArray[np.float64], frames: int) -> Track:
    """Fundamental frequency [T] by autocorrelation, 0 where unvoiced."""
    starts = np.arange(frames) * HOP
    windows = padded[starts[:, None] + np.arange(_PITCH_WINDOW)]  # [T, 1024]
    windows = (windows - windows.mean(1, keepdims=True)) * np.hanning(_PITCH_WINDOW)
    spectrum = np.abs(np.fft.rfft(windows, 2 * _PITCH_WINDOW)) ** 2
    correlation = np.fft.irfft(spectrum)[:, :_PITCH_WINDOW]
    shortest, longest = (int(SAMPLE_RATE_HZ / hz) for hz in reversed(_PITCH_HZ))
    lag = shortest + correlation[:, shortest:longest].argmax(1)
    peak = correlation[np.arange(frames), lag]
    voiced = peak > _VOICED * correlation[:, 0] + 1e-9
    f0_hz: Track = np.where(voiced, SAMPLE_RATE_HZ / lag, 0.0)
    return f0_hz


def _phrases(phonemes: tuple[Phoneme, ...]) -> tuple[Phrase, ...]:
    phrases: list[Phrase] = []
    for phoneme in phonemes:
        if phoneme.is_pause:
            continue
        if phrases and phoneme.start_s - phrases[-1].end_s < _PHRASE_GAP_S:
            phrases[-1] = Phrase(phrases[-1].start_s, phoneme.end_s)
        else:
            phrases.append(Phrase(phoneme.start_s, phoneme.end_s))
    return tuple(phrases)


def _accents(phonemes: tuple[Phoneme, ...], energy_db: Track, f0_hz: Track) -> tuple[Accent, ...]:
    """Stressed vowels, the stronger the louder and higher against the whole clip."""
    stressed = [p for p in phonemes if p.stress == 2 and p.start_s * FPS < len(energy_db) - 1]
    if not stressed:
        return ()
    level, pitch = np.empty(len(stressed)), np.empty(len(stressed))
    for i, vowel in enumerate(stressed):
        inside = slice(int(vowel.start_s * FPS), int(vowel.end_s * FPS) + 1)
        level[i] = energy_db[inside].max()
        voiced = f0_hz[inside][f0_hz[inside] > 0]
        pitch[i] = np.log2(np.median(voiced)) if len(voiced) else np.nan
    pitch = np.where(np.isnan(pitch), np.nanmedian(pitch) if np.isfinite(pitch).any() else 0, pitch)
    score = _standard(level) + _standard(pitch)
    strength = np.clip(1 + 0.35 * score, 0.3, 2.0)
    return tuple(
        Accent((vowel.start_s + vowel.end_s) / 2, float(value))
        for vowel, value in zip(stressed, strength, strict=True)
    )


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(values.std())
    standard: NDArray[np.float64] = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return standard
