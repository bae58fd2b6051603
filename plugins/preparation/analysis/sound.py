"""What a clip's sound is: speech, silence, music, or spoilt; by simple measures of the signal.

**Silence** is what is 35 dB below the loud parts, or below -55 dB of full scale.

**Voice** is found by the autocorrelation of 40 ms, high frequencies emphasised: a strong peak at 70
to 400 Hz in a sound that is loud enough. Speech is voice and the loud sounds within 150 ms of it,
which are consonants, where the loudness changes as syllables make it change. Noise has no such
peak, hum and tones do not change.

**Music** is told by tones that stay: peaks of the spectrum between 300 and 4000 Hz that keep their
frequency, within 16 Hz, for a quarter of a second (Minami et al. 1998 and others use the same
idea). The harmonics of a speaking voice glide. A moment in which three or more such tones sound
is music, also under speech that is not much louder. Drums alone, and a voice that sings alone,
are not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d
from styletalker.core.errors import InputError, compose
from styletalker.plugins.preparation.analysis.sound_config import SoundConfig

__all__ = ["SOUND_REASONS", "SoundConfig", "SoundFacts", "sound_facts", "sound_fault"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SOUND_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "silent": "Too much of the sound is silence.",
        "no-speech": "Too little of the sound is speech.",
        "music": "Music sounds in too much of the time.",
        "clipped": "Too many samples are at full scale: the recording is distorted.",
    }
)
"""Why a clip's sound is rejected: slug and one sentence."""

_RATE = 16000
_HOP = 160
_VOICE_WINDOW, _TONE_WINDOW = 640, 1024
_QUIET_DB, _BELOW_LOUD_DB = -55.0, 35.0
_LOUD_PERCENTILE = 95
_PITCH_HZ = (70.0, 400.0)
_VOICED = 0.55
"""Least height of the autocorrelation's peak, 1 for a perfectly periodic sound."""
_NEAR_VOICE = 15
"""Hops around a voiced sound that belong to the speech: 150 ms."""
_SYLLABLES = 2.0
"""Least standard deviation of the loudness within a second of speech, dB."""
_TONE_BINS = slice(19, 257)
"""Bins of 15.6 Hz from 300 to 4000 Hz."""
_TONE_DB = 12.0
"""A tone is so much louder than the spectrum around it."""
_TONE_AROUND = 21
_STAYS = 25
"""Hops for which a tone of music keeps its frequency: 250 ms."""
_STAYS_SHARE = 0.75
"""Share of that time in which it is heard: speech covers it now and then."""
_TONES = 3
_FULL_SCALE = 0.999
_FLOOR = 1e-10


@attrs.frozen(kw_only=True)
class SoundFacts:
    """What was measured."""

    level_db: float
    """Root mean square, in dB of full scale; -100 for digital silence."""
    silence: float
    """Share of the time that is silent, 0 to 1."""
    speech: float
    """Share of the time in which somebody speaks, 0 to 1."""
    music: float
    """Share of the time in which steady tones sound, 0 to 1."""
    clipped: float
    """Share of samples at full scale, 0 to 1."""

    def plain(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {name: round(value, 4) for name, value in attrs.asdict(self).items()}


def sound_facts(waveform: NDArray[np.float32], sample_rate: int) -> SoundFacts:
    """Measure mono sound [S] in [-1, 1].

    Raises:
        InputError: the sound is not mono, or not at 16 kHz.
    """
    if waveform.ndim != 1 or sample_rate != _RATE:
        given = f"{waveform.shape} at {sample_rate} Hz"
        raise InputError(compose("wrong sound", expected="[S] at 16000 Hz", given=given))
    if not len(waveform):
        return SoundFacts(level_db=-100.0, silence=1.0, speech=0.0, music=0.0, clipped=0.0)
    sound = np.asarray(waveform, np.float64)
    windows = _windows(sound, _VOICE_WINDOW)
    loudness = _db(windows.var(-1))  # without an offset, which is no sound
    usual = float(np.percentile(loudness, _LOUD_PERCENTILE))
    loud = loudness > max(_QUIET_DB, usual - _BELOW_LOUD_DB)
    music = _music(sound) & loud
    emphasised = _windows(np.diff(sound, prepend=sound[:1]), _VOICE_WINDOW)
    voiced = (_periodicity(emphasised) > _VOICED) & loud & ~music & (_unrest(loudness) > _SYLLABLES)
    speech = np.asarray(maximum_filter1d(voiced, 2 * _NEAR_VOICE + 1)) & loud & ~music
    return SoundFacts(
        level_db=float(_db(np.mean(sound**2))),
        silence=float(1.0 - loud.mean()),
        speech=float(speech.mean()),
        music=float(music.mean()),
        clipped=float((np.abs(waveform) >= _FULL_SCALE).mean()),
    )


def sound_fault(facts: SoundFacts, config: SoundConfig) -> tuple[str, str]:
    """Why a clip's sound is rejected (one of :data:`SOUND_REASONS`) and what was measured.

    Two empty texts if it is good.
    """
    if facts.silence > config.max_silence:
        return "silent", f"{facts.silence:.0%} is silence, {facts.level_db:.0f} dB in all"
    if facts.clipped > config.max_clipped:
        return "clipped", f"{facts.clipped:.2%} of the samples"
    if facts.music > config.max_music:
        return "music", f"{facts.music:.0%} of the time"
    if facts.speech < config.min_speech:
        return "no-speech", f"{facts.speech:.0%} is speech"
    return "", ""


def _windows(sound: FloatArray, size: int) -> FloatArray:
    """Windows [N, size] around every 10 ms of a sound; silence is beyond its ends."""
    padded = np.pad(sound, (size // 2, size // 2 + _HOP))
    count = max(1, len(sound) // _HOP)
    return np.asarray(sliding_window_view(padded, size)[: count * _HOP : _HOP])


def _periodicity(windows: FloatArray) -> FloatArray:
    """The highest peak [N] of the normalised autocorrelation at the pitches of voices."""
    size = windows.shape[-1]
    taper = np.hanning(size)
    centred = (windows - windows.mean(-1, keepdims=True)) * taper
    power = np.abs(np.fft.rfft(centred, 2 * size)) ** 2
    correlation = np.fft.irfft(power)[:, :size]
    own = np.fft.irfft(np.abs(np.fft.rfft(taper, 2 * size)) ** 2)[:size]
    shape = correlation / np.maximum(own / own[0], 1e-3)  # what the taper takes away
    low, high = int(_RATE / _PITCH_HZ[1]), int(_RATE / _PITCH_HZ[0])
    return np.asarray(shape[:, low:high].max(-1) / np.maximum(shape[:, 0], _FLOOR))


def _unrest(loudness: FloatArray) -> FloatArray:
    """Standard deviation [N] of the loudness within a second, in dB."""
    level = np.maximum(loudness, loudness.max() - 40.0)
    mean = uniform_filter1d(level, 101, mode="nearest")
    spread = uniform_filter1d(level**2, 101, mode="nearest") - mean**2
    return np.asarray(np.sqrt(np.maximum(spread, 0.0)))


def _music(sound: FloatArray) -> BoolArray:
    """[N]: whether tones sound that keep their frequency."""
    windows = _windows(sound, _TONE_WINDOW) * np.hanning(_TONE_WINDOW)
    spectrum = _db(np.abs(np.fft.rfft(windows)) ** 2)[:, : _TONE_BINS.stop + _TONE_AROUND]
    around = median_filter(spectrum, (1, _TONE_AROUND), mode="nearest")
    peak = spectrum == maximum_filter1d(spectrum, 3, axis=1)
    tones = (peak & (spectrum > around + _TONE_DB))[:, _TONE_BINS]
    # A tone between two bins jumps between them: it may be one bin away.
    near = maximum_filter1d(tones.astype(np.uint8), 2, axis=1)
    steady = uniform_filter1d(near.astype(np.float32), _STAYS, axis=0, mode="constant")
    stays = maximum_filter1d(steady > _STAYS_SHARE, _STAYS, axis=0, mode="constant") & tones
    return np.asarray(maximum_filter1d(stays.sum(1) >= _TONES, 5), np.bool_)


def _db(power: Any) -> Any:
    return 10.0 * np.log10(np.maximum(power, _FLOOR))
