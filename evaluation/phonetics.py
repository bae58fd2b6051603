"""Which sounds say something about the lips, and in which frames they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from styletalker.core.clip import Phoneme

__all__ = ["frames_of", "is_bilabial", "is_open_vowel", "is_pause", "long_pauses"]

_BILABIALS = frozenset({"p", "b", "m", "P", "B", "M"})
_OPEN_VOWELS = frozenset(
    {"a", "A", "0", "aI", "aU", "aa", "A:", "a:"} | {"AA", "AE", "AY", "AW"}  # espeak | ARPABET
)
_PAUSES = frozenset({"_", "", "sil", "sp", "pau"})
_STRESS = "012"
"""ARPABET puts one of these behind a vowel's two letters."""


def _plain(symbol: str) -> str:
    stressed = len(symbol) == len("AA1") and symbol[:2].isupper() and symbol[2] in _STRESS
    return symbol[:2] if stressed else symbol


def is_bilabial(phoneme: Phoneme) -> bool:
    """Whether both lips must meet: p, b and m, in espeak's notation or ARPABET."""
    return phoneme.symbol in _BILABIALS


def is_open_vowel(phoneme: Phoneme) -> bool:
    """Whether it is a vowel with an open mouth, as in father, hot, time and house."""
    return _plain(phoneme.symbol) in _OPEN_VOWELS


def is_pause(phoneme: Phoneme) -> bool:
    """Whether nothing is said."""
    return phoneme.symbol in _PAUSES


def long_pauses(phonemes: Sequence[Phoneme], longer_than_s: float) -> list[Phoneme]:
    """The pauses of more than *longer_than_s* seconds."""
    return [one for one in phonemes if is_pause(one) and one.end_s - one.start_s > longer_than_s]


def frames_of(phoneme: Phoneme, fps: float, frames: int, margin: int = 0) -> slice:
    """The frames of a clip of *frames* that *phoneme* touches.

    *margin* more on each side, or fewer if it is negative; the slice may be empty.
    """
    first = math.floor(phoneme.start_s * fps) - margin
    last = math.ceil(phoneme.end_s * fps) + margin
    return slice(max(first, 0), min(max(last, 0), frames))
