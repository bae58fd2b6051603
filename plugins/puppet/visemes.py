"""From phonemes to visemes: what the mouth does for each sound, and when.

A viseme is a mouth shape that several sounds share. Diphthongs and affricates are split
in time into two. Every mnemonic espeak's English accents produce is listed; an unlisted
one is an error, since a guessed mouth shape would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.espeak import PAUSE, Phoneme

__all__ = ["PHONEME_VISEMES", "VISEMES", "Segment", "Viseme", "segments"]


@attrs.frozen(kw_only=True)
class Viseme:
    """A mouth shape: targets of the lip parameters and how strongly it holds them."""

    jaw: float
    """Jaw opening, 0 to 1."""
    part: float
    """Lips apart, 0 to 1."""
    round: float = 0.0
    """Lips rounded, 0 to 1."""
    spread: float = 0.0
    """Corners apart, 0 to 1."""
    lip_up: float = 0.0
    """Upper lip raised, 0 to 1."""
    tongue: float = 0.0
    """Tongue tip up, 0 to 1."""
    strength: float = 1.0
    """Dominance of jaw and lip opening over neighbouring sounds (alpha of Cohen &
    Massaro 1993): vowels and sibilants high, sounds made inside the mouth low."""
    shape: float = 1.0
    """Dominance of rounding and spreading; near 0 where any lip shape will do, so that
    rounding spreads over consonants ahead of a vowel."""
    tip: float = 0.3
    """Dominance of the tongue tip."""
    rate: float = 14.0
    """Fall of the dominance outside the sound, 1/s: consonants quicker than vowels."""


VISEMES: dict[str, Viseme] = {
    "rest": Viseme(jaw=0.0, part=0.0, strength=0.9, shape=0.5, rate=10),
    "PBM": Viseme(jaw=0.08, part=0.10, strength=0.8, shape=0.1, rate=22),
    "FV": Viseme(jaw=0.12, part=0.20, lip_up=0.3, strength=0.8, shape=0.2, rate=22),
    "TH": Viseme(jaw=0.18, part=0.45, spread=0.1, tongue=1.0, strength=0.9, shape=0.3, tip=4),
    "TDN": Viseme(jaw=0.15, part=0.42, spread=0.15, tongue=0.75, strength=0.55, shape=0.2, tip=2),
    "L": Viseme(jaw=0.24, part=0.45, spread=0.1, tongue=0.85, strength=0.5, shape=0.2, tip=2),
    "SZ": Viseme(
        jaw=0.05, part=0.55, spread=0.4, lip_up=0.1, tongue=0.35, strength=1.0, shape=0.4, rate=18
    ),
    "SH": Viseme(jaw=0.1, part=0.65, round=0.6, lip_up=0.25, tongue=0.3, strength=1.4, shape=1.5),
    "KG": Viseme(jaw=0.22, part=0.40, spread=0.1, strength=0.3, shape=0.1, rate=22),
    "H": Viseme(jaw=0.30, part=0.40, strength=0.1, shape=0.05, rate=22),
    "R": Viseme(jaw=0.18, part=0.40, round=0.5, tongue=0.3, strength=0.7, shape=0.8, rate=16),
    "W": Viseme(jaw=0.10, part=0.22, round=1.0, strength=1.5, shape=2.5, rate=13),
    "J": Viseme(jaw=0.15, part=0.48, spread=0.7, tongue=0.3, strength=0.7, shape=0.9, rate=16),
    "UU": Viseme(jaw=0.14, part=0.28, round=0.9, strength=1.4, shape=2.0, rate=12),
    "U": Viseme(jaw=0.22, part=0.35, round=0.6, strength=1.2, shape=1.5),
    "O": Viseme(jaw=0.45, part=0.42, round=0.7, strength=1.6, shape=1.8, rate=12),
    "AO": Viseme(jaw=0.68, part=0.45, round=0.3, strength=1.8, shape=1.2, rate=13),
    "AA": Viseme(jaw=0.92, part=0.45, spread=0.05, lip_up=0.05, strength=2.0, rate=13),
    "AE": Viseme(jaw=0.75, part=0.52, spread=0.3, lip_up=0.1, strength=1.8, rate=13),
    "V": Viseme(jaw=0.55, part=0.42, spread=0.05, strength=1.4, rate=13),
    "E": Viseme(jaw=0.45, part=0.50, spread=0.35, lip_up=0.1, tongue=0.1, strength=1.4, rate=13),
    "I": Viseme(jaw=0.28, part=0.48, spread=0.5, tongue=0.2, strength=1.1),
    "II": Viseme(
        jaw=0.18, part=0.50, spread=0.8, lip_up=0.05, tongue=0.25, strength=1.3, shape=1.4, rate=13
    ),
    "ER": Viseme(jaw=0.28, part=0.38, round=0.35, tongue=0.2, strength=1.1, shape=1.0),
    "AX": Viseme(jaw=0.32, part=0.36, round=0.05, spread=0.05, strength=0.7, shape=0.4),
}
"""Mouth shapes by name. Targets are our puppet's own, set by eye on its rendered mouth;
lips that must touch (PBM, FV and rest) are closed by :mod:`~styletalker.plugins.puppet.lips`,
their targets here being what the jaw and lips do around the contact."""

_NUCLEUS = 0.6
"""Share of a diphthong that is its first vowel: the nucleus is the longer part."""

_AFFRICATE_STOP = 0.4
"""Share of an affricate that is its closure."""

Parts = tuple[tuple[str, float], ...]


def _single() -> dict[str, Parts]:
    rows = {
        "rest": PAUSE,
        "PBM": "p b m",
        "FV": "f v",
        "TH": "T D",
        "TDN": "t t2 t# t[ d n n- *",
        "L": "l l#",
        "SZ": "s z",
        "SH": "S Z",
        "KG": "k g N ? x C",
        "H": "h",
        "R": "r r- R2",
        "W": "w w#",
        "J": "j ;",  # ';' is the glide between a close vowel and the next, as in 'the apple'
        "UU": "u: y",
        "U": "U u @5",  # @5 is the vowel of an unstressed 'to'
        "O": "O o",
        "AO": "0 O2 O~",
        "AA": "A: A@ A A~",
        "AE": "a aa a/ &",
        "V": "V",
        "E": "E e",
        "I": "I I2 I# i",
        "II": "i:",
        "ER": "3 3: IR VR",
        "AX": "@ @2 @- a#",
    }
    return {symbol: ((name, 1.0),) for name, row in rows.items() for symbol in row.split()}


def _double() -> dict[str, Parts]:
    rows = {
        "aI": "AA I",
        "aI2": "AA I",
        "aI3": "AA I",
        "aU": "AA U",
        "OI": "O I",
        "eI": "E II",
        "oU": "O UU",
        "@U": "AX UU",
        "e@": "E AX",
        "i@": "II AX",
        "i@3": "II ER",
        "U@": "U AX",
        "O@": "O ER",
        "O:": "O AO",
        "o@": "O ER",
        "@L": "AX L",
    }
    pairs = {symbol: row.split() for symbol, row in rows.items()}
    return {s: ((a, _NUCLEUS), (b, 1 - _NUCLEUS)) for s, (a, b) in pairs.items()}


PHONEME_VISEMES: dict[str, Parts] = {
    **_single(),
    **_double(),
    "aI@": (("AA", 0.4), ("I", 0.3), ("AX", 0.3)),
    "aU@": (("AA", 0.4), ("U", 0.3), ("AX", 0.3)),
    "tS": (("TDN", _AFFRICATE_STOP), ("SH", 1 - _AFFRICATE_STOP)),
    "dZ": (("TDN", _AFFRICATE_STOP), ("SH", 1 - _AFFRICATE_STOP)),
}
"""espeak mnemonic, stress marks removed, to visemes and their shares of its duration. Besides
English sounds it has those of foreign words that English voices say their own way."""


@attrs.frozen
class Segment:
    """A viseme in time."""

    viseme: str
    """A name of :data:`VISEMES`."""
    start_s: float
    """Where it begins, in seconds."""
    end_s: float
    """Where it ends, in seconds."""
    stress: int
    """Stress of its phoneme: 0 none, 1 secondary, 2 primary."""
    phoneme: str
    """The espeak mnemonic it comes from."""


def segments(phonemes: Iterable[Phoneme]) -> tuple[Segment, ...]:
    """The visemes of *phonemes* in order, without gaps.

    Raises:
        InputError: a phoneme isn't in :data:`PHONEME_VISEMES`.
    """
    found: list[Segment] = []
    for phoneme in phonemes:
        parts = PHONEME_VISEMES.get(phoneme.symbol)
        if parts is None:
            raise InputError(
                compose(
                    "no viseme for this phoneme",
                    given=phoneme.symbol,
                    name=phoneme.symbol,
                    choices=PHONEME_VISEMES,
                    fix="Only English voices are supported.",
                )
            )
        at_s = phoneme.start_s
        for name, share in parts:
            end_s = at_s + share * phoneme.duration_s
            found.append(Segment(name, at_s, end_s, phoneme.stress, phoneme.symbol))
            at_s = end_s
    return tuple(found)
