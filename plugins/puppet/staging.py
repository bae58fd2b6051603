"""Speech of any length: sentences joined with exact pauses, cut or padded to frames.

The alignment contract of every clip: frame t covers samples [640 t, 640 (t + 1)), and a
clip of T frames has exactly 640 T samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
import numpy as np
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.espeak import PAUSE, SAMPLE_RATE_HZ, Phoneme, Speech
from styletalker.plugins.puppet.prosody import HOP
from styletalker.plugins.puppet.sentences import Line
from styletalker.plugins.puppet.voices import Voice

__all__ = ["fit", "frames_in", "join", "split_lines", "spoken", "trimmed"]

_FADE = 80
"""Samples of the fades at the cuts of a trimmed sentence: 5 ms, so that no cut clicks."""

_SENTENCE_ENDS = ".!?"

_ABBREVIATIONS = frozenset(
    ("mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "no.", "vs.", "e.g.", "i.e.", "jr.", "sr.")
)
"""Words whose full stop ends no sentence."""


def frames_in(speech: Speech) -> int:
    """Frames that hold all of *speech*."""
    return -(-len(speech.waveform) // HOP)


def trimmed(speech: Speech) -> Speech:
    """*speech* without the silence before its first and after its last sound."""
    sounding = [i for i, p in enumerate(speech.phonemes) if not p.is_pause]
    kept = speech.phonemes[sounding[0] : sounding[-1] + 1]
    first, last = (round(t * SAMPLE_RATE_HZ) for t in (kept[0].start_s, kept[-1].end_s))
    waveform = speech.waveform[first:last].copy()
    fade = np.linspace(0, 1, min(_FADE, len(waveform) // 2), dtype=np.float32)
    waveform[: len(fade)] *= fade
    waveform[len(waveform) - len(fade) :] *= fade[::-1]
    phonemes = list(_moved(kept, -first / SAMPLE_RATE_HZ, len(waveform)))
    phonemes[0] = attrs.evolve(phonemes[0], start_s=0.0)
    phonemes[-1] = attrs.evolve(phonemes[-1], end_s=len(waveform) / SAMPLE_RATE_HZ)
    return Speech(waveform, tuple(phonemes))


def _moved(phonemes: Iterable[Phoneme], by_s: float, samples: int) -> tuple[Phoneme, ...]:
    """*phonemes* moved in time and cut to [0, samples)."""
    end_s = samples / SAMPLE_RATE_HZ
    moved = (
        attrs.evolve(
            p, start_s=min(max(p.start_s + by_s, 0.0), end_s), end_s=min(p.end_s + by_s, end_s)
        )
        for p in phonemes
    )
    return tuple(p for p in moved if p.end_s - p.start_s > 1e-9)


def join(pieces: Iterable[tuple[Speech, float]], lead_s: float = 0.0) -> Speech:
    """Speeches one after another, each followed by a pause of so many seconds.

    Args:
        pieces: speeches and the pause after each.
        lead_s: silence before the first.
    """
    waves = [np.zeros(round(lead_s * SAMPLE_RATE_HZ), np.float32)]
    phonemes = [Phoneme(PAUSE, 0.0, len(waves[0]) / SAMPLE_RATE_HZ)] if lead_s > 0 else []
    at = len(waves[0])
    for speech, pause_s in pieces:
        length, silence = len(speech.waveform), round(pause_s * SAMPLE_RATE_HZ)
        phonemes += _moved(speech.phonemes, at / SAMPLE_RATE_HZ, at + length)
        waves += [speech.waveform, np.zeros(silence, np.float32)]
        at += length + silence
        if silence:
            phonemes.append(Phoneme(PAUSE, (at - silence) / SAMPLE_RATE_HZ, at / SAMPLE_RATE_HZ))
    return Speech(np.concatenate(waves), tuple(phonemes))


def fit(speech: Speech, frames: int) -> Speech:
    """*speech* cut, or padded with silence, to exactly *frames* frames.

    Raises:
        InputError: *frames* isn't positive.
    """
    if frames < 1:
        raise InputError(
            compose("a clip needs at least one frame", expected="1 or more frames", given=frames)
        )
    samples = frames * HOP
    waveform = np.zeros(samples, np.float32)
    used = speech.waveform[:samples]
    waveform[: len(used)] = used
    phonemes = list(_moved(speech.phonemes, 0.0, samples))
    if len(used) < samples:
        start_s = len(used) / SAMPLE_RATE_HZ
        if phonemes and phonemes[-1].is_pause:
            start_s = phonemes.pop().start_s
        phonemes.append(Phoneme(PAUSE, start_s, samples / SAMPLE_RATE_HZ))
    return Speech(waveform, tuple(phonemes))


def split_lines(text: str, pauses: Iterator[float]) -> tuple[Line, ...]:
    """The sentences of *text*, each with the next of *pauses* after it."""
    found: list[Line] = []
    current = ""
    for word in text.split():
        current = f"{current} {word}" if current else word
        ends = word.rstrip("\"')").endswith(tuple(_SENTENCE_ENDS))
        if ends and word.lower() not in _ABBREVIATIONS and any(map(str.isalnum, current)):
            found.append(Line(current, next(pauses)))
            current = ""
    if any(map(str.isalnum, current)):
        found.append(Line(current, next(pauses)))
    return tuple(found)


def spoken(
    lines: Iterable[Line], voice: Voice, frames: int | None, lead_s: float
) -> tuple[Speech, str]:
    """*lines* in *voice*, and their text: all, or as many as fill *frames* frames.

    Raises:
        InputError: there are no lines, or one can't be spoken.
    """
    pieces: list[tuple[Speech, float]] = []
    said: list[str] = []
    total_s = lead_s
    for line in lines:
        speech = trimmed(voice.speak(line.text))
        pieces.append((speech, line.pause_s))
        said.append(line.text)
        total_s += speech.duration_s + line.pause_s
        if frames is not None and total_s * SAMPLE_RATE_HZ >= frames * HOP:
            break
    if not pieces:
        raise InputError(compose("nothing in this text can be spoken"))
    return join(pieces, lead_s), " ".join(said)
