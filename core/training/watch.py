"""What is watched while training: means for records, divergence, and losses that stay at chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["ChanceWatch", "DivergenceWatch", "Means"]

_SMOOTH = 0.02
"""Share of a new loss in the running mean: it looks back about 50 steps."""
_SETTLED = 20
"""Steps before a running mean counts as the best."""
_FACTOR = 20.0
_PATIENCE = 200
"""Diverged: more than 20 times the best running mean, for 200 steps on end."""
_NEAR_CHANCE = 0.02
_CHANCE_STEPS = 200
_CHANCE_PART = 0.25
"""A loss within 2 % of chance after 200 steps and a quarter of the training has learnt nothing."""


class Means:
    """Means of values by name since the last record."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, values: Mapping[str, float]) -> None:
        """Add the values of a step."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """The means; then start again."""
        means = {name: total / self._counts[name] for name, total in self._sums.items()}
        self._sums, self._counts = {}, {}
        return means

    def state(self) -> dict[str, Any]:
        """Ready for JSON, exact."""
        return {"sums": dict(self._sums), "counts": dict(self._counts)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self._sums, self._counts = dict(state["sums"]), dict(state["counts"])


class DivergenceWatch:
    """Notices a loss that has risen far above its best, and above where it started."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.mean = self.best = self.first = math.nan
        self._seen = self._above = 0

    def see(self, loss: float) -> bool:
        """Take the loss of a step; whether the training has diverged."""
        self._seen += 1
        self.mean = loss if self._seen == 1 else self.mean + _SMOOTH * (loss - self.mean)
        if self._seen < _SETTLED:
            return False
        if self._seen == _SETTLED:
            self.first = self.best = self.mean
        self.best = min(self.best, self.mean)
        self._above = self._above + 1 if self.mean > self._limit() else 0
        return self._above >= _PATIENCE

    def _limit(self) -> float:
        """A log-density may be negative; then its size in the beginning is the scale."""
        if self.best > 0.0:
            return max(_FACTOR * self.best, self.first)
        return _FACTOR * max(abs(self.best), abs(self.first))

    def state(self) -> dict[str, Any]:
        """Ready for JSON, exact; NaN as None."""
        numbers = {"mean": self.mean, "best": self.best, "first": self.first}
        plain = {name: None if math.isnan(one) else one for name, one in numbers.items()}
        return {**plain, "seen": self._seen, "above": self._above}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        for name in ("mean", "best", "first"):
            setattr(self, name, math.nan if state[name] is None else state[name])
        self._seen, self._above = state["seen"], state["above"]


class ChanceWatch:
    """Notices a loss that has not left the level of guessing."""

    def __init__(self, chance: float | None, steps: int) -> None:
        """Watch for *chance* (None: never) in a training of *steps*."""
        self._chance = chance
        self._from = max(_CHANCE_STEPS, math.ceil(_CHANCE_PART * steps))
        self.at_chance = False
        self._said = False

    def see(self, step: int, name: str | None, means: Mapping[str, float]) -> str | None:
        """Take a record; a sentence the first time the loss *name* is found at chance."""
        if self._chance is None or name is None or name not in means or step < self._from:
            return None
        loss = means[name]
        self.at_chance = abs(loss - self._chance) <= _NEAR_CHANCE * abs(self._chance)
        if not self.at_chance or self._said:
            return None
        self._said = True
        return self.sentence(name)

    def sentence(self, name: str) -> str:
        """What it means that the loss is at chance."""
        chance = self._chance or 0.0
        return (
            f"the {name} loss stands at chance ({chance:.3f}, as good as guessing among "
            f"{math.exp(chance):.0f}): nothing is learnt. Audio and video of the corpus may be out "
            "of step, the mouth out of view or the audio silent; or the learning rate is too high "
            "or too low"
        )

    def state(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"at_chance": self.at_chance, "said": self._said}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` gave."""
        self.at_chance, self._said = state["at_chance"], state["said"]
