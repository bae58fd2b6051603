"""Text to speech with exact phoneme times, by espeak-ng.

The same request gives the same bytes, whatever was synthesised before and in any
process; :mod:`~styletalker.plugins.puppet.espeak_library` says how. A request is safe
from any thread or process; threads wait for each other.
"""

from __future__ import annotations

import ctypes
import functools

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.espeak_library import DATA_FOLDER, Recorder, fresh_library

__all__ = ["PAUSE", "SAMPLE_RATE_HZ", "Phoneme", "Speech", "synthesise"]

SAMPLE_RATE_HZ = 16_000
"""Rate of every waveform of the toolkit; espeak's own rate is 22050 Hz."""

PAUSE = "_"
"""The symbol of silence; espeak's several pause marks are folded into it."""

RATE_WPM = (80, 450)
"""Words per minute espeak accepts; above that it switches to another algorithm."""

PERCENT = (0, 99)
"""Range of espeak's pitch and pitch-range settings, 50 being the voice's own value."""

CLOSURE_S = {"p": 0.045, "t": 0.045, "k": 0.045}
"""Closure before the release of a voiceless stop. espeak's event marks the burst; the
silent closure before it is counted to the phoneme before. Median over 1,040 events in
four voices at 140 to 200 words a minute: digital silence from 45 ms before p, t and k
to the event; b, d, g and m have theirs after the event, as they should."""

_LONGEST_CLOSURE_SHARE = 0.45
"""A closure takes at most this share of the phoneme before it, for fast speech."""

_CHARS_UTF8, _POSITION_CHARACTER = 1, 1
_RATE, _PITCH, _RANGE = 1, 3, 4  # numbers of espeak_PARAMETER in speak_lib.h


@attrs.frozen
class Phoneme:
    """One phoneme or pause of a speech."""

    symbol: str
    """espeak mnemonic without stress marks, or :data:`PAUSE`."""
    start_s: float
    """Where it begins, in seconds from the start of the waveform."""
    end_s: float
    """Where it ends: the start of the next phoneme."""
    stress: int = 0
    """0 none, 1 secondary stress, 2 primary stress, on the vowel of the syllable."""

    @property
    def is_pause(self) -> bool:
        """Whether nothing is said."""
        return self.symbol == PAUSE

    @property
    def duration_s(self) -> float:
        """How long it lasts, in seconds."""
        return self.end_s - self.start_s


@attrs.frozen(eq=False)
class Speech:
    """A waveform and what is said in it, when."""

    waveform: NDArray[np.float32]
    """Mono samples [S] at 16 kHz in [-1, 1]."""
    phonemes: tuple[Phoneme, ...]
    """Phonemes and pauses in order, without gaps, from 0 to the end of the waveform."""

    @property
    def duration_s(self) -> float:
        """Length of the waveform in seconds."""
        return len(self.waveform) / SAMPLE_RATE_HZ


@functools.cache
def _accents() -> frozenset[str]:
    folder = DATA_FOLDER / "lang"
    return frozenset(path.name.lower() for path in folder.rglob("*") if path.is_file())


@functools.cache
def _variants() -> frozenset[str]:
    folder = DATA_FOLDER / "voices" / "!v"
    return frozenset(path.name for path in folder.iterdir())


def _check_voice(voice: str) -> None:
    accent, plus, variant = voice.partition("+")
    if accent not in _accents():
        raise InputError(
            compose("no such espeak voice", given=voice, name=accent, choices=_accents())
        )
    if plus and variant not in _variants():  # espeak itself would silently ignore it
        raise InputError(
            compose("no such espeak variant", given=voice, name=variant, choices=_variants())
        )


def _check_setting(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InputError(
            compose(f"speech {name} is out of range", expected=f"{low} to {high}", given=value)
        )


def synthesise(
    text: str,
    voice: str = "en-us",
    *,
    rate_wpm: int = 165,
    pitch: int = 50,
    pitch_range: int = 50,
    seed: int = 1,
) -> Speech:
    """Speak *text*; the same arguments give the same bytes, always.

    Args:
        text: what to say; markup isn't interpreted.
        voice: an accent of espeak, or accent+variant (``en-us+f3``).
        rate_wpm: speaking rate in words per minute, 80 to 450.
        pitch: 0 to 99, 50 being the voice's own pitch.
        pitch_range: liveliness of the intonation, 0 to 99.
        seed: seeds the breath noise, 0 to 2**31 - 1.

    Raises:
        InputError: the voice doesn't exist, a setting is out of range, or nothing in
            the text can be spoken.
    """
    _check_voice(voice)
    _check_setting("rate", rate_wpm, RATE_WPM)
    _check_setting("pitch", pitch, PERCENT)
    _check_setting("pitch range", pitch_range, PERCENT)
    _check_setting("seed", seed, (0, 2**31 - 1))
    if not any(map(str.isalnum, text)):  # espeak would read punctuation out
        raise InputError(compose("nothing in this text can be spoken", given=text[:60]))
    encoded = text.replace("\0", " ").encode("utf-8", "replace")
    recorder = Recorder()
    with fresh_library() as library:
        library.espeak_SetSynthCallback(recorder.callback)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise InputError(compose("espeak can't load this voice", given=voice))
        for number, value in ((_RATE, rate_wpm), (_PITCH, pitch), (_RANGE, pitch_range)):
            library.espeak_SetParameter(number, value, 0)
        library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
        size = ctypes.c_size_t(len(encoded) + 1)
        library.espeak_Synth(encoded, size, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None)
        library.espeak_Synchronize()
    return _speech(recorder, text)


def _speech(recorder: Recorder, text: str) -> Speech:
    events = [(at, symbol) for at, symbol in recorder.events if not symbol.startswith("(")]
    if all(symbol.startswith(PAUSE) for _, symbol in events):
        raise InputError(compose("nothing in this text can be spoken", given=text[:60]))
    samples = np.concatenate(recorder.pieces)
    common = int(np.gcd(SAMPLE_RATE_HZ, recorder.rate_hz))
    waveform = resample_poly(
        samples.astype(np.float64) / 32768, SAMPLE_RATE_HZ // common, recorder.rate_hz // common
    )
    clipped: NDArray[np.float32] = np.clip(waveform, -1.0, 1.0).astype(np.float32)
    starts = [(at / recorder.rate_hz, symbol) for at, symbol in events]
    return Speech(clipped, _phonemes(starts, len(clipped) / SAMPLE_RATE_HZ))


def _phonemes(events: list[tuple[float, str]], end_s: float) -> tuple[Phoneme, ...]:
    """Phonemes from event times: stress split off, closures moved, pauses merged."""
    starts = [start for start, _ in events]
    for i in range(1, len(events)):
        closure = CLOSURE_S.get(events[i][1].lstrip("',%=")[:1], 0.0)
        if closure and not events[i - 1][1].startswith(PAUSE):
            room = (starts[i] - starts[i - 1]) * _LONGEST_CLOSURE_SHARE
            starts[i] -= min(closure, room)
    phonemes: list[Phoneme] = []
    for (_, mnemonic), start, end in zip(events, starts, [*starts[1:], end_s], strict=True):
        symbol = mnemonic.lstrip("',%=")
        stress = 2 if "'" in mnemonic else 1 if "," in mnemonic else 0
        if not symbol or symbol.startswith(PAUSE):
            symbol, stress = PAUSE, 0
        if symbol == PAUSE and phonemes and phonemes[-1].is_pause:
            phonemes[-1] = attrs.evolve(phonemes[-1], end_s=end)
        elif end > start or symbol != PAUSE:
            phonemes.append(Phoneme(symbol, start, end, stress))
    if phonemes[0].start_s > 0:
        phonemes.insert(0, Phoneme(PAUSE, 0.0, phonemes[0].start_s))
    return tuple(phonemes)
