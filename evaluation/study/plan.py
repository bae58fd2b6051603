"""What a study asks about which videos; kept in ``study.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import attrs
from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.files import read_json, write_json

__all__ = ["FORMAT", "LABELS", "MEDIA", "QUESTIONS", "SIDES", "Item", "Kind", "Study", "answers_of",
           "load_study", "save_study"]  # fmt: skip

Kind = Literal["pairwise", "opinion"]
"""``pairwise``: which of two videos of one clip is better; ``opinion``: one video, 1 to 5."""

FORMAT = 1
"""Version of the file."""
FILE = "study.json"
MEDIA = "media"
"""Folder of the videos, whose names do not tell whose they are."""
QUESTIONS: dict[Kind, tuple[str, ...]] = {
    "pairwise": (
        "Which video looks more like a real person who talks?",
        "In which video do the lips fit the sound better?",
    ),
    "opinion": ("How natural is the video?", "How well do the lips fit the sound?"),
}
"""What is asked if nothing else is given."""
SIDES = ("left", "same", "right")
"""Answers of a comparison."""
LABELS = ("Bad", "Poor", "Fair", "Good", "Excellent")
"""The scale of ITU-T P.910 (absolute category rating), from 1 to 5."""


@attrs.frozen(kw_only=True)
class Item:
    """A video that people see."""

    id: str
    """Unique in the study."""
    method: str
    """Whose video."""
    clip: str
    """Of which clip."""
    file: str
    """Its name in the folder ``media``."""
    spoiled: bool = False
    """Whether it was spoiled on purpose, for an attention check."""


@attrs.frozen(kw_only=True)
class Study:
    """A study."""

    kind: Kind
    """How people are asked."""
    title: str
    """Shown on top of the pages; must not tell what is hoped for."""
    questions: tuple[str, ...]
    """Asked about every video or pair."""
    methods: tuple[str, ...]
    """Names of what is compared; never shown."""
    items: tuple[Item, ...]
    """All videos."""
    per_person: int
    """Videos or pairs that one person sees, besides the attention checks."""
    checks: int
    """Attention checks for each person."""
    seed: int
    """Of the order in which videos are shown."""

    def shown(self) -> dict[tuple[str, str], Item]:
        """(clip, method) -> video, without those that were spoiled."""
        return {(one.clip, one.method): one for one in self.items if not one.spoiled}

    def spoiled(self) -> list[tuple[Item, Item]]:
        """(good, spoiled) videos of the attention checks."""
        good = self.shown()
        return [(good[one.clip, one.method], one) for one in self.items if one.spoiled]


def answers_of(study: Study) -> tuple[str, ...]:
    """The values that a question may be answered with."""
    return SIDES if study.kind == "pairwise" else tuple(str(k + 1) for k in range(len(LABELS)))


def save_study(folder: Path, study: Study) -> None:
    """Write ``study.json``."""
    write_json(folder / FILE, {"format": FORMAT, **attrs.asdict(study)})


def load_study(folder: Path) -> Study:
    """The study in a folder.

    Raises:
        InputError: there is none, or it is of another version.
        RunError: it is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        fix = "Make one: toolkit study create."
        raise InputError(compose(f"holds no study (no {FILE})", where=str(folder), fix=fix))
    found = read_json(path)
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise InputError(compose("a study of another version", where=str(path)))
    try:
        items = tuple(Item(**one) for one in found.pop("items"))
        lists: dict[str, Any] = {key: tuple(found.pop(key)) for key in ("questions", "methods")}
        return Study(items=items, **lists, **found)
    except (KeyError, TypeError) as error:
        raise RunError(f"{path}: is damaged: {error}") from error
