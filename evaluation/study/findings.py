"""What an analysis finds: scores, contrasts, and what a reader must know."""

from __future__ import annotations

import attrs

__all__ = ["Contrast", "Findings", "Score"]


@attrs.frozen(kw_only=True)
class Score:
    """How a method did on one question."""

    method: str
    value: float
    """Strength by Bradley-Terry (mean 0), or mean opinion (1 to 5)."""
    low: float
    """Lower end of the 95 % bootstrap interval over people."""
    high: float
    """Upper end."""
    answers: int
    """Answers that this rests on."""


@attrs.frozen(kw_only=True)
class Contrast:
    """Two methods on one question."""

    method: str
    """The method that is judged..."""
    other: str
    """...against this one."""
    value: float
    """Part of the comparisons won, ties half; or the difference of the mean opinions."""
    low: float
    """Lower end of the 95 % bootstrap interval."""
    high: float
    """Upper end."""
    count: int
    """Comparisons without a tie; or people (or clips) that have an opinion of both."""
    p_corrected: float
    """P-value, corrected by Holm for all contrasts of all questions."""
    verdict: str
    """``better``, ``worse`` or ``undecided``."""


@attrs.frozen(kw_only=True)
class Findings:
    """The analysis."""

    kind: str
    people: int
    """Who answered and passed the attention checks."""
    left_out: int
    """Who answered and did not."""
    questions: tuple[tuple[str, tuple[Score, ...], tuple[Contrast, ...]], ...]
    """Question, scores (best first), contrasts of all pairs."""
    left_share: float | None
    """Part of the decided comparisons in which the left video was preferred; near 0.5."""
    notes: tuple[str, ...]
    """What a reader must know."""
