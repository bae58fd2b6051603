"""Who is who: identity vectors of faces, grouped into people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Unions", "people_of"]


class Unions:
    """Things that belong together: joining two joins all that belong to either."""

    def __init__(self, count: int) -> None:
        """*count* things, each by itself."""
        self._above = list(range(count))

    def root(self, one: int) -> int:
        """The least of all things that belong to *one*."""
        while self._above[one] != one:
            self._above[one] = self._above[self._above[one]]
            one = self._above[one]
        return one

    def join(self, first: int, second: int) -> None:
        """Say that two belong together."""
        a, b = self.root(first), self.root(second)
        self._above[max(a, b)] = min(a, b)


def people_of(
    vectors: Sequence[NDArray[np.float64]], weights: Sequence[float], same: float
) -> list[int]:
    """For each vector [E] the number of its person, from 0 in the order of first appearance.

    A vector joins the person whose mean is most similar, if the cosine is at least *same*, and
    else is a new one; then people whose means are that similar are joined, until none are. Time
    and memory grow with vectors times people, not with pairs of vectors. The result depends on the
    order of the vectors.

    Args:
        vectors: of any lengths above 0; one for each face and video is enough.
        weights: how much each counts in a mean, such as its seconds.
        same: cosine similarity of one person.
    """
    if not len(vectors):
        return []
    units = np.stack([_unit(np.asarray(vector, np.float64)) for vector in vectors])
    sums = np.zeros_like(units)
    means = np.zeros_like(units)
    member = np.zeros(len(units), np.int64)
    count = 0
    for k, unit in enumerate(units):
        likeness = means[:count] @ unit
        best = int(np.argmax(likeness)) if count else -1
        if best < 0 or likeness[best] < same:
            best, count = count, count + 1
        member[k] = best
        sums[best] += weights[k] * unit
        means[best] = _unit(sums[best])
    return _numbered(_joined(sums[:count], same), member)


def _joined(sums: NDArray[np.float64], same: float) -> NDArray[np.int64]:
    """For each person the least number of those that turn out to be the same."""
    group = np.arange(len(sums))
    while True:
        people = np.unique(group)
        means = np.stack([_unit(sums[group == person].sum(0)) for person in people])
        unions = Unions(len(people))
        joined = False
        for k in range(len(people)):
            for m in np.flatnonzero(means[k + 1 :] @ means[k] >= same):
                unions.join(k, k + 1 + int(m))
                joined = True
        if not joined:
            return group
        roots = {int(person): int(people[unions.root(k)]) for k, person in enumerate(people)}
        group = np.array([roots[int(person)] for person in group])


def _numbered(group: NDArray[np.int64], member: NDArray[np.int64]) -> list[int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(int(group[person]), len(numbers)) for person in member]


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit
