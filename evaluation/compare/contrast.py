"""All runs against the first one, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

import attrs
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.compare.load import Report
from styletalker.evaluation.compare.statistics import FEWEST_CLIPS, Paired, holm, paired, verdict

__all__ = ["Cell", "Comparison", "Row", "compare"]

_VIDEOS = "videos"
"""What the one method of each report is called, if reports call theirs differently."""


@attrs.frozen(kw_only=True)
class Cell:
    """A run's (or variant's) value of one metric."""

    value: float | None
    """The value; the mean over seeds of a variant."""
    interval: tuple[float, float] | None = None
    """Over clips, of a single run."""
    spread: float | None = None
    """Standard deviation over seeds, of a variant with several."""
    clips: int = 0
    """Clips that were measured."""
    failures: int = 0
    """Clips that could not be measured."""
    reason: str = ""
    """Why there is no value."""
    paired: Paired | None = None
    """Against the first column."""
    p_corrected: float | None = None
    """P-value, corrected by Holm for all comparisons of the table."""
    verdict: str = ""
    """``better``, ``worse`` or ``undecided`` than the first; empty for the first itself."""


@attrs.frozen(kw_only=True)
class Row:
    """One metric of one method in all columns."""

    method: str
    metric: str
    title: str
    unit: str
    direction: str
    cells: tuple[Cell, ...]
    best: tuple[int, ...]
    """Columns with the best value; none if all are equal, or there is no direction."""


@attrs.frozen(kw_only=True)
class Comparison:
    """The whole table."""

    columns: tuple[str, ...]
    """Runs, or variants with their number of seeds."""
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    """What a reader must know."""


def compare(reports: Sequence[Report], *, metrics: Sequence[str] = (), group: bool = False
            ) -> Comparison:  # fmt: skip
    """Compare reports with the first one.

    Args:
        reports: of runs.
        metrics: names or titles of the metrics to show; empty for all.
        group: whether runs of one recipe are seeds of one variant: mean and spread are shown, and
            each clip's mean over seeds is tested.

    Raises:
        InputError: a metric is in no report, a report has no judged method in common with the
            first one, or two runs of a variant have one seed.
    """
    reports = _aligned(reports)
    groups = _grouped(reports) if group else {one.label: [one] for one in reports}
    keys = _keys(reports, metrics)
    columns = list(groups.values())
    rows = [(key, entry, [_cell(members, key) for members in columns]) for key, entry in keys]
    tests = [
        (r, c, found)
        for r, (key, entry, _) in enumerate(rows)
        for c in range(1, len(columns))
        if (found := _test(columns[0], columns[c], key, entry["direction"])) is not None
    ]
    corrected = holm([found.p_value for _, _, found in tests])
    for (r, c, found), p_value in zip(tests, corrected, strict=True):
        rows[r][2][c] = attrs.evolve(
            rows[r][2][c], paired=found, p_corrected=p_value, verdict=verdict(found, p_value)
        )
    titles = [f"{label} ({len(members)} seeds)" if len(members) > 1 else label
              for label, members in groups.items()]  # fmt: skip
    return Comparison(
        columns=tuple(titles),
        rows=tuple(_row(key, entry, cells, columns) for key, entry, cells in rows),
        notes=(*_notes(reports), *_few(tests), *_not_computed(titles, rows)),
    )


def _aligned(reports: Sequence[Report]) -> list[Report]:
    """Reports whose judged methods have common names: of one method each, whatever it is called.

    Raises:
        InputError: there is nothing to compare.
    """
    names = [one.methods() for one in reports]
    if all(len(judged) == 1 for judged in names) and len({judged[0] for judged in names}) > 1:
        return [one.renamed(judged[0], _VIDEOS) for one, judged in zip(reports, names, strict=True)]
    for one, judged in zip(reports, names, strict=True):
        if not set(judged) & set(names[0]):
            problem = f"{one.label}: has no method in common with {reports[0].label}"
            expected = " or ".join(names[0]) or "any method"
            raise InputError(compose(problem, expected=expected, given=", ".join(judged)))
    return list(reports)


def _grouped(reports: Sequence[Report]) -> dict[str, list[Report]]:
    groups: dict[str, list[Report]] = {}
    for one in reports:
        groups.setdefault(one.recipe, []).append(one)
    for recipe, members in groups.items():
        seeds = [one.seed for one in members if one.seed is not None]
        twice = next((seed for seed in seeds if seeds.count(seed) > 1), None)
        if twice is not None:
            problem = f"two runs of {recipe} have the seed {twice}"
            raise InputError(compose(problem, fix="Give each once, or leave out --group."))
    return groups


def _keys(
    reports: Sequence[Report], metrics: Sequence[str]
) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    """(method, metric) of judged methods that any report has, and one's entry."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for report in reports:
        for method in report.methods():
            for metric, entry in report.summary["methods"][method].items():
                found.setdefault((method, metric), entry)
    names = {name for (_, metric), entry in found.items() for name in (metric, entry["title"])}
    for name in metrics:
        if name not in names:
            problem = "no report has this metric"
            raise InputError(compose(problem, given=name, name=name, choices=names))
    chosen = set(metrics)
    return [
        (key, entry)
        for key, entry in found.items()
        if not chosen or chosen & {key[1], entry["title"]}
    ]


def _cell(members: Sequence[Report], key: tuple[str, str]) -> Cell:
    entries = [entry for one in members if (entry := one.entry(*key)) is not None]
    values = [entry["value"] for entry in entries if entry["value"] is not None]
    clips = sum(entry["clips"] for entry in entries)
    failures = sum(len(entry["failures"]) for entry in entries)
    if not values:
        reason = entries[0]["reason"] if entries else "the report does not have it"
        return Cell(value=None, clips=clips, failures=failures, reason=reason)
    interval = entries[0]["interval"] if len(members) == 1 else None
    return Cell(
        value=fmean(values),
        interval=None if interval is None else (interval[0], interval[1]),
        spread=stdev(values) if len(values) > 1 else None,
        clips=clips,
        failures=failures,
    )


def _test(
    first: Sequence[Report], other: Sequence[Report], key: tuple[str, str], direction: str
) -> Paired | None:
    truth: dict[str, float] = {}
    for report in (*first, *other):
        name = report.truth()
        if name is not None:
            truth |= report.clips.get((name, key[1]), {})
    return paired(_means(first, key), _means(other, key), direction=direction, truth=truth)


def _means(members: Sequence[Report], key: tuple[str, str]) -> dict[str, float]:
    """Each clip's mean over seeds, of the clips that all of them have."""
    tables = [one.clips.get(key, {}) for one in members]
    common = set.intersection(*(set(table) for table in tables))
    return {clip: fmean(table[clip] for table in tables) for clip in common}


def _row(
    key: tuple[str, str],
    entry: Mapping[str, Any],
    cells: Sequence[Cell],
    columns: Sequence[Sequence[Report]],
) -> Row:
    truths = [
        truth["value"]
        for members in columns
        for one in members
        if (name := one.truth()) and (truth := one.entry(name, key[1])) is not None
    ]
    return Row(
        method=key[0],
        metric=key[1],
        title=entry["title"],
        unit=entry["unit"],
        direction=entry["direction"],
        cells=tuple(cells),
        best=_best(cells, entry["direction"], truths[0] if truths else None),
    )


def _best(cells: Sequence[Cell], direction: str, truth: float | None) -> tuple[int, ...]:
    known = {k: cell.value for k, cell in enumerate(cells) if cell.value is not None}
    if len(known) < 2 or (direction == "none" and truth is None):
        return ()
    target = truth or 0.0
    badness = {
        k: abs(value - target) if direction == "none" else value if direction == "lower" else -value
        for k, value in known.items()
    }
    least = min(badness.values())
    best = tuple(k for k, value in badness.items() if value == least)
    return best if len(best) < len(known) else ()


def _few(tests: Sequence[tuple[int, int, Paired]]) -> list[str]:
    most = max((found.clips for _, _, found in tests), default=0)
    if 0 < most < FEWEST_CLIPS:
        return [
            f"with {most} common clips nothing can be decided: it takes {FEWEST_CLIPS} at least"
        ]
    return []


def _not_computed(titles: Sequence[str], rows: Sequence[tuple[Any, Any, list[Cell]]]) -> list[str]:
    """One line for each column and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for _, entry, cells in rows:
        for title, cell in zip(titles, cells, strict=True):
            if cell.value is None:
                names = found.setdefault((title, cell.reason), [])
                names += [entry["title"]] if entry["title"] not in names else []
    return [f"{title}: {', '.join(names)}: {reason}" for (title, reason), names in found.items()]


def _notes(reports: Sequence[Report]) -> list[str]:
    """Warnings: protocols, tools or weights that differ."""
    notes = []
    for what in ("protocol", "version", "weights"):
        values = [one.summary.get(what) for one in reports]
        if any(value != values[0] for value in values):
            notes.append(f"the reports differ in {what}: their numbers may not compare")
    return notes
