"""Who sees what, in which order, on which side."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Mapping

import attrs
from styletalker.evaluation.study.plan import Study

__all__ = ["Counts", "Trial", "assign"]

Counts = Mapping[tuple[str, str], int]
"""(first, second) -> how often these videos were given to somebody, on these sides."""


@attrs.frozen
class Trial:
    """What one page shows."""

    first: str
    """Id of the video on the left, or of the only one."""
    second: str = ""
    """Id of the video on the right; empty in a study of opinions."""
    expected: str = ""
    """The answer of those who watch, if it is an attention check: ``left`` or ``right``, or
    ``low`` for at most 2 of 5. Empty otherwise."""


def assign(study: Study, counts: Counts, seed: int, number: int) -> list[Trial]:
    """The trials of participant *number*, whose order and sides are random.

    What was shown least so far comes first, so that all videos are shown about equally often;
    nobody sees a clip a second time while there are others. Each of two methods is on the left
    equally often, counted over all people. Attention checks lie between, never first.

    Args:
        study: the plan.
        counts: what was given to people before.
        seed: of the study.
        number: of the person; the same number gets the same trials for the same *counts*.
    """
    rng = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
    chosen = (
        _pairs(study, counts, rng) if study.kind == "pairwise" else _singles(study, counts, rng)
    )
    rng.shuffle(chosen)
    for place, check in enumerate(_checks(study, rng)):
        at = 1 + (place * len(chosen) + len(chosen) // 2) // max(1, study.checks)
        chosen.insert(min(at, len(chosen)), check)
    return chosen


def _pairs(study: Study, counts: Counts, rng: random.Random) -> list[Trial]:
    videos, method_of = study.shown(), {one.id: one.method for one in study.items}
    left: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str, str]] = Counter()
    clip_of = {one.id: one.clip for one in study.items}
    for (first, second), count in counts.items():
        left[method_of[first], method_of[second]] += count
        a, b = sorted((method_of[first], method_of[second]))
        seen[clip_of[first], a, b] += count
    clips = sorted({clip for clip, _ in videos})
    choices = [
        (clip, min(pair), max(pair))
        for clip in clips
        for pair in itertools.combinations(study.methods, 2)
    ]
    trials = []
    clip_used: Counter[str] = Counter()
    pair_used: Counter[tuple[str, str]] = Counter()
    for _ in range(study.per_person):
        rng.shuffle(choices)
        clip, a, b = min(choices, key=lambda c: (clip_used[c[0]], pair_used[c[1], c[2]], seen[c]))
        choices.remove((clip, a, b))
        clip_used[clip] += 1
        pair_used[a, b] += 1
        lead = left[a, b] - left[b, a]
        if lead > 0 or (lead == 0 and rng.random() < 0.5):
            a, b = b, a
        left[a, b] += 1
        trials.append(Trial(videos[clip, a].id, videos[clip, b].id))
    return trials


def _singles(study: Study, counts: Counts, rng: random.Random) -> list[Trial]:
    videos = study.shown()
    choices = sorted(videos)
    seen = {key: counts.get((videos[key].id, ""), 0) for key in choices}
    clip_used: Counter[str] = Counter()
    method_used: Counter[str] = Counter()
    trials = []
    for _ in range(study.per_person):
        rng.shuffle(choices)
        key = min(choices, key=lambda c: (clip_used[c[0]], method_used[c[1]], seen[c]))
        choices.remove(key)
        clip_used[key[0]] += 1
        method_used[key[1]] += 1
        trials.append(Trial(videos[key].id))
    return trials


def _checks(study: Study, rng: random.Random) -> list[Trial]:
    found = []
    for good, spoiled in study.spoiled():
        if study.kind == "opinion":
            found.append(Trial(spoiled.id, expected="low"))
        elif rng.random() < 0.5:
            found.append(Trial(good.id, spoiled.id, "left"))
        else:
            found.append(Trial(spoiled.id, good.id, "right"))
    rng.shuffle(found)
    return found
