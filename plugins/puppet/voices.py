"""The voices puppets speak with: accents of English times voice variants of espeak.

A variant belongs to one split, so a validation or test speaker is never heard in
training; accents are shared. Variants that clip, sing, croak or speak in a monotone
(``Demonic``, ``whisper``, ``robosoft`` and the like) are left out.
"""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.espeak import Speech, synthesise

__all__ = ["ACCENTS", "SPLITS", "VARIANTS", "Variant", "Voice", "sample_voice", "voices"]

SPLITS = ("train", "val", "test")
"""The parts of the corpus; no voice variant and no sentence is in two of them."""

ACCENTS = (
    "en-us",
    "en-us-nyc",
    "en-gb-x-rp",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-029",
)
"""American, New York, received pronunciation, Scottish, Lancaster, West Midlands and
Caribbean English. ``en-gb`` is listed by espeak but can't be loaded by that name."""


@attrs.frozen(kw_only=True)
class Variant:
    """A speaker: one of espeak's voice variants and how far it may be varied."""

    name: str
    """Name of espeak's variant file."""
    sex: str
    """``f`` or ``m``: what the voice sounds like."""
    split: str
    """The split the speaker belongs to."""
    rate_wpm: tuple[int, int] = (135, 195)
    """Speaking rates in words a minute that sound natural; 120 to 200 is the range of
    conversational and read English."""
    pitch: tuple[int, int] = (38, 62)
    """espeak pitch settings; 50 is the variant's own, 38 to 62 about -15 to +18 %."""
    pitch_range: tuple[int, int] = (35, 75)
    """espeak's intonation settings, from calm to lively."""


def _table() -> dict[str, Variant]:
    # Not "Reed": espeak's Klatt synthesiser reads memory it never set for it, so the sound would
    # depend on what the process did before. A test fills fresh memory to find such a voice.
    rows = {
        ("f", "train"): "f1 f2 f4 Annie linda steph grandma",
        ("f", "val"): "f3 shelby",
        ("f", "test"): "f5 Alicia aunty",
        ("m", "train"): "m1 m2 m3 m5 m6 m7 adam boris max miguel quincy robert rob",
        ("m", "val"): "m4 Lee",
        ("m", "test"): "m8 Michael Alex victor",
    }
    slow = {"m8", "quincy", "Alicia", "grandma", "m4"}
    return {
        name: Variant(name=name, sex=sex, split=split, rate_wpm=(130, 175))
        if name in slow
        else Variant(name=name, sex=sex, split=split)
        for (sex, split), names in rows.items()
        for name in names.split()
    }


VARIANTS: dict[str, Variant] = _table()
"""Every speaker by name."""


@attrs.frozen(kw_only=True)
class Voice:
    """A voice with all its settings; speaks the same text with the same bytes always."""

    accent: str
    """One of :data:`ACCENTS`."""
    variant: str
    """One of :data:`VARIANTS`."""
    rate_wpm: int
    """Speaking rate in words a minute."""
    pitch: int
    """espeak pitch setting, 0 to 99."""
    pitch_range: int
    """espeak intonation setting, 0 to 99."""
    seed: int = 1
    """Seed of the breath noise."""

    @property
    def name(self) -> str:
        """The voice as espeak is asked for it."""
        return f"{self.accent}+{self.variant}"

    @property
    def sex(self) -> str:
        """``f`` or ``m``."""
        return VARIANTS[self.variant].sex

    def speak(self, text: str) -> Speech:
        """*text* in this voice."""
        return synthesise(
            text,
            self.name,
            rate_wpm=self.rate_wpm,
            pitch=self.pitch,
            pitch_range=self.pitch_range,
            seed=self.seed,
        )


def voices(split: str, sex: str | None = None) -> tuple[Variant, ...]:
    """The speakers of *split*, of one sex or both.

    Raises:
        InputError: there is no such split or sex.
    """
    if split not in SPLITS:
        raise InputError(compose("no such split", given=split, name=split, choices=SPLITS))
    if sex not in (None, "f", "m"):
        raise InputError(compose("no such sex of a voice", expected="f or m", given=sex))
    return tuple(v for v in VARIANTS.values() if v.split == split and sex in (None, v.sex))


def sample_voice(rng: np.random.Generator, split: str, sex: str | None = None) -> Voice:
    """A voice of *split* with settings drawn from its ranges, both sexes equally often."""
    drawn_sex = str(rng.choice(["f", "m"]))
    speakers = voices(split, sex or drawn_sex)
    speaker = speakers[int(rng.integers(len(speakers)))]
    return Voice(
        accent=str(rng.choice(ACCENTS)),
        variant=speaker.name,
        rate_wpm=int(rng.integers(speaker.rate_wpm[0], speaker.rate_wpm[1] + 1)),
        pitch=int(rng.integers(speaker.pitch[0], speaker.pitch[1] + 1)),
        pitch_range=int(rng.integers(speaker.pitch_range[0], speaker.pitch_range[1] + 1)),
        seed=int(rng.integers(1, 2**31)),
    )
