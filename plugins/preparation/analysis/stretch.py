"""One face in one shot: judged frame by frame, and kept where it can be used."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.evaluation.head_pose import head_pose
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.holding import Holder
from styletalker.plugins.preparation.analysis.moments import Moment
from styletalker.plugins.preparation.analysis.quality import Appearance, fault_of
from styletalker.plugins.preparation.analysis.shots import GRADUAL_LAG
from styletalker.plugins.preparation.analysis.tracker import Seen
from styletalker.plugins.preparation.analysis.window import placings

__all__ = ["Run", "Spell", "Stretch"]

_BLOCK = 25
"""Frames that are judged at once: fitting poses one by one is slow."""
_OTHER_SIZE = 1.6
"""A face that became so many times larger or smaller is kept anew, at another scale."""


@attrs.frozen
class Spell:
    """Frames in a row that cannot be used."""

    start: int
    stop: int
    reason: str
    detail: str


@attrs.frozen(eq=False)
class Run:
    """Frames in a row that can be used, up to now; *ended* if nothing more follows."""

    moments: list[Moment]
    ended: bool


class Stretch:
    """Takes the moments of one face; gives runs that can be used and spells that cannot.

    A run is given again and again while it grows; what its user takes away from the front of its
    list is gone.
    """

    def __init__(self, config: AnalysisConfig, spoiled: Callable[[int], bool]) -> None:
        """For a face that has just appeared; *spoiled* tells which frames are in a dissolve."""
        self._config = config
        self._spoiled = spoiled
        self._holder: Holder | None = None
        self._appearance = Appearance()
        self._pending: deque[Moment] = deque()
        self._run: list[Moment] = []
        self._spell: list[Moment] = []  # of a longer spell, only those since the last good frame
        self._long: _LongSpell | None = None
        self._fault, self._detail = "", ""

    def add(
        self,
        t: int,
        picture: NDArray[np.uint8],
        seen: Seen,
        rivals: tuple[int, ...],
        *,
        crowd: bool,
    ) -> Iterator[Run | Spell]:
        """The face in the next frame."""
        at = placings(seen.landmarks[None], self._config)
        side = float(at.side[0])
        if self._holder is None or not 1 / _OTHER_SIZE < side / self._holder.side < _OTHER_SIZE:
            if self._holder is not None:
                yield from self.end()
            self._holder = Holder(self._config.size, side, min(picture.shape[:2]))
        moment = Moment(
            t=t,
            landmarks=seen.landmarks,
            width=seen.width,
            sure=seen.sure,
            plausible=seen.plausible,
            held=self._holder.hold(picture, at.centre[0]),
            rivals=rivals,
            crowd=crowd,
        )
        if seen.sight is not None:
            moment.looks = self._appearance.look(seen.sight, self._config.max_occluded)
        for k in range(1, min(seen.proves, len(self._pending)) + 1):
            self._pending[-k].sure = self._pending[-k].sure or self._pending[-k].plausible
        self._pending.append(moment)
        if len(self._pending) >= _BLOCK + GRADUAL_LAG:
            yield from self._judge(_BLOCK)

    def end(self) -> Iterator[Run | Spell]:
        """Nothing more follows."""
        yield from self._judge(len(self._pending))
        if self._long is None:
            # A short spell at the end is no part of the run; a spell of its own only if nothing
            # could be used before it.
            yield from self._end_run()
            if self._spell:
                yield _LongSpell(self._spell).spell()
        else:
            yield self._long.spell()
        self._run, self._spell, self._long = [], [], None

    def _judge(self, count: int) -> Iterator[Run | Spell]:
        block = [self._pending.popleft() for _ in range(count)]
        measured = [one for one in block if one.looks is not None]
        if measured:
            angles = head_pose(np.stack([one.landmarks for one in measured])).angles
            for moment, found in zip(measured, angles, strict=True):
                moment.angles = found
        for moment in block:
            self._find_fault(moment)
            yield from self._sort_in(moment)
        if self._run:
            yield Run(self._run, ended=False)

    def _find_fault(self, moment: Moment) -> None:
        if moment.looks is not None and moment.angles is not None:
            self._fault, self._detail = fault_of(moment.looks, moment.angles, self._config)
        if self._spoiled(moment.t):
            moment.fault = "transition"
        elif not moment.sure:
            moment.fault = "face-lost"
        elif moment.crowd:
            moment.fault = "several-speakers"
            moment.detail = f"more than {self._config.most_faces} faces of comparable size"
        else:
            moment.fault, moment.detail = self._fault, self._detail

    def _sort_in(self, moment: Moment) -> Iterator[Run | Spell]:
        if moment.fault:
            if self._long is not None:
                self._long.add(moment)
                return
            self._spell.append(moment)
            if len(self._spell) > self._config.bridge_frames or not self._run:
                self._long = _LongSpell(self._spell)
                self._spell = []
                yield from self._end_run()
            return
        if self._long is not None:
            yield self._long.spell()
            self._long = None
        self._run += [*self._spell, moment]
        self._spell = []

    def _end_run(self) -> Iterator[Run]:
        if self._run:
            yield Run(self._run, ended=True)
        self._run = []


class _LongSpell:
    """Counts, so that an hour without a usable face needs no memory."""

    def __init__(self, moments: list[Moment]) -> None:
        self.start, self.last = moments[0].t, moments[0].t
        self._reasons: Counter[str] = Counter()
        self._details: dict[str, str] = {}
        for moment in moments:
            self.add(moment)

    def add(self, moment: Moment) -> None:
        self.last = moment.t
        self._reasons[moment.fault] += 1
        self._details.setdefault(moment.fault, moment.detail)

    def spell(self) -> Spell:
        reason = min(self._reasons, key=lambda name: (-self._reasons[name], name))
        return Spell(self.start, self.last + 1, reason, self._details[reason])
