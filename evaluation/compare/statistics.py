"""Paired tests over common clips, corrected for how many of them there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs
import numpy as np
from scipy.stats import wilcoxon

__all__ = ["FEWEST_CLIPS", "LEVEL", "Paired", "Verdict", "holm", "paired", "verdict"]

Verdict = Literal["better", "worse", "undecided"]

LEVEL = 0.05
"""Largest corrected p-value that decides."""
FEWEST_CLIPS = 6
"""With fewer, the test's smallest possible p-value is above the level: 2 / 2**5 = 0.06."""
_RESAMPLES = 2000


@attrs.frozen(kw_only=True)
class Paired:
    """How far one run is from another on the same clips."""

    clips: int
    """Clips that both have."""
    difference: float
    """Mean difference: the other's value minus the first one's; above 0 is better."""
    low: float
    """Lower end of its 95 % bootstrap interval."""
    high: float
    """Upper end."""
    p_value: float
    """Of the two-sided Wilcoxon signed-rank test, not corrected; 1 if nothing differs."""


def paired(
    first: Mapping[str, float],
    other: Mapping[str, float],
    *,
    direction: str,
    truth: Mapping[str, float] | None = None,
) -> Paired | None:
    """Compare two runs on the clips that both have; None if there is none.

    Values are turned so that more is better: negated where lower is better, and for metrics
    without a direction minus the distance to the ground truth's value of the same clip (None if
    that is not known).
    """
    common = sorted(set(first) & set(other))
    if direction == "none":
        common = [clip for clip in common if clip in (truth or {})]
    if not common:
        return None

    def goodness(values: Mapping[str, float], clip: str) -> float:
        if direction == "none":
            assert truth is not None
            return -abs(values[clip] - truth[clip])
        return values[clip] if direction == "higher" else -values[clip]

    differences = np.array([goodness(other, clip) - goodness(first, clip) for clip in common])
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(common), (_RESAMPLES, len(common)))
    low, high = np.quantile(differences[draws].mean(1), [0.025, 0.975])
    p_value = float(wilcoxon(differences).pvalue) if differences.any() else 1.0
    return Paired(
        clips=len(common),
        difference=float(differences.mean()),
        low=float(low),
        high=float(high),
        p_value=p_value,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for their number (Holm 1979): the chance of one false alarm in all."""
    corrected = [1.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def verdict(found: Paired, corrected: float) -> Verdict:
    """In words: decided only if the corrected test and the interval of the mean agree."""
    if corrected >= LEVEL or found.low <= 0 <= found.high:
        return "undecided"
    return "better" if found.difference > 0 else "worse"
