"""What the answers of a study say."""

from __future__ import annotations

import itertools
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.compare.statistics import (
    FEWEST_CLIPS,
    LEVEL,
    holm,
    paired,
)
from styletalker.evaluation.study.bradley_terry import strengths
from styletalker.evaluation.study.database import Answer
from styletalker.evaluation.study.findings import Contrast, Findings, Score
from styletalker.evaluation.study.plan import Study

__all__ = ["analyse"]

Array = NDArray[np.float64]

_RESAMPLES = 1000
_WON = {"left": 1.0, "same": 0.5, "right": 0.0}
"""What an answer adds to the wins of the video on the left."""
_LOW = 2
"""An attention check of opinions is passed by at most this."""


def analyse(study: Study, answers: Sequence[Answer], *, least_passed: float = 0.75) -> Findings:
    """Scores with intervals, and tests between all methods.

    People who passed less than *least_passed* of their attention checks are left out, and counted.
    Intervals come from 1000 bootstraps over people, since the answers of one person are alike (over
    single answers if there is one person only). A pair of methods is tested by the binomial
    test over comparisons without ties, or by Wilcoxon's signed-rank test over people's (with fewer
    than 6 people: clips') mean opinions; Holm's correction is for all contrasts of the study.

    Raises:
        InputError: nobody has answered, or nobody passed the checks.
    """
    if not answers:
        raise InputError(compose("nobody has answered yet"))
    careful = _careful(answers, least_passed)
    everybody = {one.participant for one in answers}
    kept = [one for one in answers if one.participant in careful and not one.trial.expected]
    if not kept:
        problem = "nobody who answered passed the attention checks"
        raise InputError(compose(problem, given=f"{len(everybody)} people"))
    contrasts: list[list[Contrast]] = []
    scores: list[list[Score]] = []
    look = _compared if study.kind == "pairwise" else _rated
    for number in range(len(study.questions)):
        score, contrast = look(study, [one for one in kept if one.question == number])
        scores.append(sorted(score, key=lambda one: -one.value))
        contrasts.append(contrast)
    corrected = iter(holm([one.p_corrected for row in contrasts for one in row]))
    done = [[_decided(one, next(corrected), study.kind) for one in row] for row in contrasts]
    return Findings(
        kind=study.kind,
        people=len({one.participant for one in kept}),
        left_out=len(everybody - careful),
        questions=tuple(
            (text, tuple(score), tuple(contrast))
            for text, score, contrast in zip(study.questions, scores, done, strict=True)
        ),
        left_share=_left_share(kept) if study.kind == "pairwise" else None,
        notes=tuple(_notes(kept)),
    )


def _careful(answers: Sequence[Answer], least: float) -> set[int]:
    """Who passed enough attention checks; who met none counts as careful."""
    passed: dict[int, list[bool]] = defaultdict(list)
    for one in answers:
        expected = one.trial.expected
        if expected:
            good = int(one.value) <= _LOW if expected == "low" else one.value == expected
            passed[one.participant].append(good)
    people = {one.participant for one in answers}
    return {who for who in people if not passed[who] or np.mean(passed[who]) >= least}


def _bootstrapped(units: Array, look: Callable[[Array], Array]) -> tuple[Array, Array]:
    """Lower and upper ends of what *look* finds in sums over people, drawn with repetition.

    Args:
        units: [N, ...]: what each person (or each answer) adds to the sums.
        look: sums [R, ...] of R resamples -> values [R, ...].
    """
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(units), (_RESAMPLES, len(units)))
    times = np.stack([np.bincount(draw, minlength=len(units)) for draw in draws])
    found = look(np.tensordot(times, units, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # pairs that nobody compared are unknown
        low, high = np.nanquantile(found, [0.025, 0.975], axis=0)
    return low, high


def _units(answers: Sequence[Answer], one: Callable[[Answer], Array]) -> Array:
    """What each person adds, [N, ...]; each answer, if one person alone has answered."""
    people = sorted({answer.participant for answer in answers})
    if len(people) == 1:
        return np.array([one(answer) for answer in answers])
    return np.array(
        [np.sum([one(a) for a in answers if a.participant == who], axis=0) for who in people]
    )


def _compared(study: Study, answers: Sequence[Answer]) -> tuple[list[Score], list[Contrast]]:
    place = {method: k for k, method in enumerate(study.methods)}
    method_of = {one.id: place[one.method] for one in study.items}

    def wins(one: Answer) -> Array:
        table = np.zeros((len(place), len(place)))
        a, b = method_of[one.trial.first], method_of[one.trial.second]
        table[a, b] = _WON[one.value]
        table[b, a] = 1 - _WON[one.value]
        return table

    units = _units(answers, wins)
    table = units.sum(0)
    power, (low, high) = strengths(table), _bootstrapped(units, strengths)
    share, (least, most) = _shares(table), _bootstrapped(units, _shares)
    count = table.sum(1) + table.sum(0)
    scores = [
        Score(
            method=name,
            value=float(power[k]),
            low=float(low[k]),
            high=float(high[k]),
            answers=int(count[k]),
        )
        for name, k in place.items()
    ]
    contrasts = []
    for (name, a), (other, b) in itertools.combinations(place.items(), 2):
        met = [
            one for one in answers
            if {method_of[one.trial.first], method_of[one.trial.second]} == {a, b}
        ]  # fmt: skip
        clear = [one for one in met if one.value != "same"]
        won = sum((method_of[one.trial.first] == a) == (one.value == "left") for one in clear)
        if met:
            contrast = Contrast(
                method=name,
                other=other,
                value=float(share[a, b]),
                low=float(least[a, b]),
                high=float(most[a, b]),
                count=len(clear),
                p_corrected=float(binomtest(won, len(clear)).pvalue) if clear else 1.0,
                verdict="",
            )
            contrasts.append(contrast)
    return scores, contrasts


def _shares(wins: Array) -> Array:
    """Parts won of the comparisons of each pair [..., M, M]; NaN where there was none."""
    met = wins + np.swapaxes(wins, -1, -2)
    return np.where(met > 0, wins / np.maximum(met, 1e-9), np.nan)


def _rated(study: Study, answers: Sequence[Answer]) -> tuple[list[Score], list[Contrast]]:
    items = {one.id: one for one in study.items}
    place = {method: k for k, method in enumerate(study.methods)}

    def rating(one: Answer) -> Array:
        row = np.zeros((len(place), 2))
        row[place[items[one.trial.first].method]] = float(one.value), 1
        return row

    def means(sums: Array) -> Array:
        known = sums[..., 1] > 0
        return np.where(known, sums[..., 0] / np.where(known, sums[..., 1], 1), np.nan)

    units = _units(answers, rating)
    value, (low, high) = means(units.sum(0)), _bootstrapped(units, means)
    scores = [
        Score(
            method=name,
            value=float(value[k]),
            low=float(low[k]),
            high=float(high[k]),
            answers=int(units.sum(0)[k, 1]),
        )
        for name, k in place.items()
        if np.isfinite(value[k])
    ]
    pairs = itertools.combinations(study.methods, 2)
    found = [_opinions(answers, items, name, other) for name, other in pairs]
    return scores, [one for one in found if one is not None]


def _opinions(
    answers: Sequence[Answer], items: Mapping[str, Any], name: str, other: str
) -> Contrast | None:
    """Wilcoxon's test over people, or over clips if there are too few people."""
    tables: list[dict[str, dict[str, list[float]]]] = [defaultdict(dict), defaultdict(dict)]
    for one in answers:
        item = items[one.trial.first]
        for table, unit in zip(tables, (str(one.participant), item.clip), strict=True):
            table[item.method].setdefault(unit, []).append(float(one.value))
    by_person, by_clip = (
        [{unit: float(np.mean(v)) for unit, v in table[method].items()} for method in (other, name)]
        for table in tables
    )
    enough = len(set(by_person[0]) & set(by_person[1])) >= FEWEST_CLIPS
    found = paired(*(by_person if enough else by_clip), direction="higher")
    if found is None:
        return None
    return Contrast(
        method=name, other=other, value=found.difference, low=found.low, high=found.high,
        count=found.clips, p_corrected=found.p_value, verdict=""
    )  # fmt: skip


def _decided(one: Contrast, corrected: float, kind: str) -> Contrast:
    """With the corrected p-value, and in words: only if the test and the interval agree."""
    even = 0.5 if kind == "pairwise" else 0.0
    text = "undecided"
    if corrected < LEVEL and not one.low <= even <= one.high:
        text = "better" if one.value > even else "worse"
    return attrs.evolve(one, p_corrected=corrected, verdict=text)


def _left_share(answers: Sequence[Answer]) -> float | None:
    clear = [one.value == "left" for one in answers if one.value != "same"]
    return float(np.mean(clear)) if clear else None


def _notes(answers: Sequence[Answer]) -> list[str]:
    people = len({one.participant for one in answers})
    if people == 1:
        return ["one person answered: the intervals say nothing about other people"]
    if people < FEWEST_CLIPS:
        return [f"{people} people answered: intervals over so few people are too narrow"]
    return []
