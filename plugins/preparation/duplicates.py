"""Which clips of different inputs are copies of one recording.

Words of the sounds' fingerprints that two clips share vote for how they lie to each other in time;
a pair with enough votes is compared bit by bit. Sounds that match are one recording, and where the
pictures match too, one clip is a copy of the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.preparation.excerpts import FPS
from styletalker.plugins.preparation.fingerprint import (
    PICTURE_EVERY,
    SOUND_STEP_S,
    unpack_prints,
)

__all__ = ["Match", "Prints", "matches_of"]

_MOST_COMMON = 64
"""A word in more clips than this is silence or a hum, and votes for nothing."""
_VOTES = 3
"""So many shared words at one lag are worth a comparison."""
_LEAST_S = 1.0
"""A shorter overlap is no copy."""
_SOUND_ERRORS = 0.3
"""Part of the bits that may differ; unrelated sounds differ in half, give or take 0.03."""
_PICTURE_ERRORS = 0.2
"""The same for pictures, of which unrelated ones of faces differ in 0.3 and more."""
_STEPS = round(1 / (FPS * SOUND_STEP_S))
"""Words of sound for each frame."""


@attrs.frozen(kw_only=True, eq=False)
class Prints:
    """Fingerprints of a clip."""

    source: str
    """Its input; clips of one input are not compared."""
    sound: NDArray[np.uint64]
    picture: NDArray[np.uint64]

    @classmethod
    def of(cls, source: str, sound: str, picture: str) -> Prints:
        """From the texts in a record."""
        return cls(
            source=source, sound=unpack_prints(sound, 32), picture=unpack_prints(picture, 64)
        )


@attrs.frozen(kw_only=True)
class Match:
    """Two clips of one recording."""

    first: int
    second: int
    """Indices of the clips, the first being the smaller."""
    shared: float
    """Part of the shorter one that they have in common."""
    seen: bool
    """Whether the pictures are the same, too."""


def matches_of(clips: Sequence[Prints]) -> list[Match]:
    """All pairs of clips with a sound in common, in their order."""
    found = []
    for (first, second), lags in sorted(_votes(clips).items()):
        compared = (_compared(clips[first], clips[second], lag) for lag in lags)
        best = max((one for one in compared if one), default=None)
        if best is not None:
            found.append(Match(first=first, second=second, shared=best[0], seen=best[1]))
    return found


def _votes(clips: Sequence[Prints]) -> dict[tuple[int, int], list[int]]:
    """Pairs of clips -> the lags (steps by which the second begins later) worth a look."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for owners, places in _shared_words(clips):
        for k, a in enumerate(owners):
            for m in range(k + 1, len(owners)):
                b = owners[m]
                if a != b and clips[a].source != clips[b].source:
                    counts[a, b, places[k] - places[m]] += 1
    pairs: dict[tuple[int, int], list[int]] = {}
    for (a, b, lag), votes in sorted(counts.items()):
        around = votes + counts.get((a, b, lag - 1), 0) + counts.get((a, b, lag + 1), 0)
        if around >= _VOTES:
            pairs.setdefault((a, b), []).append(lag)
    return pairs


def _shared_words(clips: Sequence[Prints]) -> Iterator[tuple[list[int], list[int]]]:
    """For each word in several clips, who has it and where; in order of the clips."""
    if not clips:
        return
    words = np.concatenate([clip.sound for clip in clips])
    owners = np.repeat(np.arange(len(clips)), [len(clip.sound) for clip in clips])
    places = np.concatenate([np.arange(len(clip.sound)) for clip in clips])
    order = np.argsort(words, kind="stable")
    words, owners, places = words[order], owners[order], places[order]
    edges = np.flatnonzero(np.diff(words)) + 1
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(words)], strict=True):
        if 2 <= stop - start <= _MOST_COMMON and owners[start] != owners[stop - 1]:
            yield owners[start:stop].tolist(), places[start:stop].tolist()


def _compared(first: Prints, second: Prints, lag: int) -> tuple[float, bool] | None:
    """What part of the shorter is shared, and whether it looks the same; None if not a match."""
    mine, theirs = _overlap(first.sound, second.sound, lag)
    if len(mine) * SOUND_STEP_S < _LEAST_S or _errors(mine, theirs, 32) > _SOUND_ERRORS:
        return None
    shared = len(mine) / min(len(first.sound), len(second.sound))
    every = PICTURE_EVERY * _STEPS
    seen = _overlap(first.picture, second.picture, round(lag / every))
    same = len(seen[0]) > 0 and _errors(*seen, 64) <= _PICTURE_ERRORS
    return round(shared, 4), same


def _overlap(
    first: NDArray[np.uint64], second: NDArray[np.uint64], lag: int
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The common stretch of both, where the second's word 0 is the first's word *lag*."""
    start, stop = max(lag, 0), min(len(first), len(second) + lag)
    return first[start:stop], second[start - lag : max(stop - lag, 0)]


def _errors(first: NDArray[np.uint64], second: NDArray[np.uint64], bits: int) -> float:
    """Part of the bits that differ."""
    return float(np.bitwise_count(first ^ second).sum() / max(len(first) * bits, 1))
