"""What the puppets say: own sentences, filled-in templates and passages with pauses.

The texts are package data (``sentences.txt``) in sections marked with their split, so
train, val and test never share a sentence, a template or a name. Generated sentences
add what written ones lack: numbers, dates, times, prices and names.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter

import attrs
import numpy as np
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.voices import SPLITS

__all__ = ["Line", "generated", "lines", "names", "passage", "pause_s", "sentences", "templates"]

PAUSE_S = (0.2, 0.9)
"""Shortest and longest pause between sentences: most of the class of
medium pauses, 200 to 1000 ms, that prevails in reading (Campione & Véronis 2002)."""

GENERATED_SHARE = 0.2
"""Share of generated sentences in a passage; more would make every clip about numbers."""

_MONTHS = "January February March April May June July August September October November December"


@attrs.frozen
class Line:
    """One sentence and the silence after it."""

    text: str
    """What is said."""
    pause_s: float
    """Silence after it, in seconds."""


@functools.cache
def _sections() -> dict[str, tuple[str, ...]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    text = Path(__file__).with_name("sentences.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            current.append(line)
    return {name: tuple(content) for name, content in sections.items()}


def _section(split: str, kind: str) -> tuple[str, ...]:
    if split not in SPLITS:
        raise InputError(compose("no such split", given=split, name=split, choices=SPLITS))
    return _sections()[f"{split} {kind}"]


def sentences(split: str) -> tuple[str, ...]:
    """The written sentences of *split*.

    Raises:
        InputError: there is no such split.
    """
    return _section(split, "sentences")


def templates(split: str) -> tuple[str, ...]:
    """The templates of *split*, with fields in braces."""
    return _section(split, "templates")


def names(split: str) -> tuple[str, ...]:
    """The names of people that fill templates of *split*."""
    return _section(split, "names")


def _digits(rng: np.random.Generator) -> str:
    return ", ".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(4, 7))))


def _date(rng: np.random.Generator) -> str:
    return f"{rng.choice(_MONTHS.split())} {rng.integers(1, 29)}"


def _time(rng: np.random.Generator) -> str:
    minutes = int(rng.integers(1, 12)) * 5
    return f"{rng.integers(1, 13)}:{minutes:02d}"


def _price(rng: np.random.Generator) -> str:
    return f"{rng.integers(2, 90)} {rng.choice(['pounds', 'dollars', 'euros'])} 50"


_NUMBERS: dict[str, Callable[[np.random.Generator], str]] = {
    "digit": lambda rng: str(rng.integers(2, 10)),
    "digits": _digits,
    "small": lambda rng: str(rng.integers(11, 40)),
    "number": lambda rng: str(int(10 ** rng.uniform(1.1, 3.9))),
    "year": lambda rng: str(rng.integers(1801, 2031)),
    "date": _date,
    "time": _time,
    "price": _price,
}
"""What fills the fields of templates, apart from the names and places of a split."""


def _field(rng: np.random.Generator, split: str, field: str) -> str:
    if field in ("name", "place"):
        return str(rng.choice(_section(split, f"{field}s")))
    if field not in _NUMBERS:
        raise InputError(
            compose("no such field of a template", given=field, name=field, choices=_NUMBERS)
        )
    return _NUMBERS[field](rng)


def generated(rng: np.random.Generator, split: str) -> str:
    """A sentence with numbers, dates, times or names, from a template of *split*."""
    template = str(rng.choice(templates(split)))
    parts: list[str] = []
    for literal, field, _, _ in Formatter().parse(template):
        parts.append(literal)
        if field is not None:
            parts.append(_field(rng, split, field))
    return "".join(parts)


def lines(rng: np.random.Generator, split: str) -> Iterator[Line]:
    """Sentences and pauses without end; no written sentence twice before all were said."""
    written = sentences(split)
    while True:
        for i in rng.permutation(len(written)):
            if rng.random() < GENERATED_SHARE:
                yield Line(generated(rng, split), pause_s(rng))
            yield Line(written[i], pause_s(rng))


def pause_s(rng: np.random.Generator) -> float:
    """A pause between two sentences, 0.2 to 0.9 s, mean 0.5 s."""
    low, high = PAUSE_S
    return float(low + (high - low) * rng.beta(1.6, 2.2))


def passage(
    rng: np.random.Generator, split: str, duration_s: float, rate_wpm: int = 165
) -> tuple[Line, ...]:
    """Lines that last at least *duration_s* when spoken at *rate_wpm*.

    Raises:
        InputError: there is no such split, or the duration or rate isn't positive.
    """
    for name, value in (("duration", duration_s), ("speaking rate", rate_wpm)):
        if not 0 < value < float("inf"):
            raise InputError(
                compose(f"the {name} of a passage must be positive", given=float(value))
            )
    chosen: list[Line] = []
    total_s = 0.0
    for line in lines(rng, split):
        chosen.append(line)
        total_s += _shortest_s(line.text, rate_wpm) + line.pause_s
        if total_s >= duration_s:
            break
    return tuple(chosen)


def _shortest_s(text: str, rate_wpm: int) -> float:
    """A lower bound of the time *text* takes: letters, as words differ in length too much.

    espeak counts 5 letters a word nominally; the densest of our sentences takes 0.71 of
    what its letters suggest (over all of them in all accents).
    """
    letters = sum(character.isalpha() for character in text)
    return 0.65 * letters / 5 * 60 / rate_wpm
