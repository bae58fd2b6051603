"""Which faces of a video speak, and by how much their sound is moved."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from styletalker.plugins.preparation.drafts import Draft
from styletalker.plugins.preparation.offset.config import OffsetConfig
from styletalker.plugins.preparation.offset.curve import OffsetCurve
from styletalker.plugins.preparation.offsets import offsets_of
from styletalker.plugins.preparation.reasons import FAILURES, FILE_REASONS, explain
from styletalker.plugins.preparation.senses import stretch_reasons
from support.raw_videos import SENSES

GUIDE = Path(__file__).parent.parent.parent / "docs" / "preparing-data.md"


def draft(track: str, at: int, nats: float, frames: int = 100) -> Draft:
    """A clip whose evidence for the offset *at* is so many nats."""
    evidence = np.zeros((1, 31))
    evidence[0, 15 + at] = nats
    return Draft(
        start=0,
        frames=frames,
        track=track,
        identity=None,
        embedding=np.ones(2),
        facts={},
        curve=OffsetCurve(evidence=evidence, frames=frames, scorer="fake"),
        video=(0, 0),
        raw_shape=None,
        landmarks=(0, 0),
        picture_print="",
        picture="",
    )


def test_a_short_face_has_the_offset_of_its_video_if_it_speaks_for_it() -> None:
    drafts = [draft("long", 3, 9.0), draft("short", 3, 3.5), draft("listener", -7, 2.0)]
    found = offsets_of(drafts, SENSES, "correct", OffsetConfig())
    assert (found["long"].frames, found["long"].reason) == (3, "")
    assert (found["short"].frames, found["short"].reason) == (3, "")
    assert found["short"].confidence < 0.9 < found["long"].confidence
    assert found["listener"].reason == "too-little-speech"
    alone = offsets_of(drafts[1:], SENSES, "correct", OffsetConfig())
    assert alone["short"].reason == "too-little-speech"


def test_a_long_face_without_an_offset_does_not_speak() -> None:
    found = offsets_of([draft("a", 0, 0.1, frames=400)], SENSES, "correct", OffsetConfig())
    assert found["a"].reason == "out-of-sync"
    assert found["a"].detail == "best +0 frames, confidence 0.10"


@pytest.mark.parametrize(
    ("choice", "frames", "reason"),
    [("correct", -4, ""), ("reject", 0, "offset"), ("ignore", 0, "")],
)
def test_what_is_done_about_an_offset(choice: str, frames: int, reason: str) -> None:
    found = offsets_of([draft("a", -4, 12.0)], SENSES, choice, OffsetConfig())
    assert (found["a"].frames, found["a"].reason) == (frames, reason)
    fine = offsets_of([draft("a", 0, 12.0)], SENSES, choice, OffsetConfig())
    assert (fine["a"].frames, fine["a"].reason) == (0, "")


def test_every_reason_has_a_meaning_and_a_remedy_and_stands_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    tables = guide[guide.index("## Every reason") :]
    documented = set(re.findall(r"`([a-z-]+)`", tables))
    known = {*FILE_REASONS, *FAILURES, *stretch_reasons(), "duplicate", "no-sound-there", "offset"}
    assert known <= documented, f"not in the guide: {sorted(known - documented)}"
    for slug in known:
        assert len(explain(slug).meaning.split()) >= 3, slug
        assert explain(slug).remedy, slug
