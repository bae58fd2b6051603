"""From outcomes to numbers: values, intervals, failures; as JSON and as a table of clips."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from styletalker.core.files import atomic_path, write_json, write_text
from styletalker.core.interfaces.metric import Metric
from styletalker.evaluation.bootstrap import bootstrap
from styletalker.evaluation.harness.measure import Outcome
from styletalker.evaluation.harness.method import Method
from styletalker.evaluation.harness.protocol import (
    describe_protocol,
    toolkit_version,
    weights_of,
)
from styletalker.evaluation.harness.tool import Tool

__all__ = ["CLIPS", "FORMAT", "NOT_ASKED", "NOT_COMPUTED", "NOT_FOLLOWING", "PARQUET", "SUMMARY",
           "summarise", "without_clip", "write_results"]  # fmt: skip

SUMMARY, CLIPS, PARQUET = "summary.json", "clips.csv", "clips.parquet"
FORMAT = 1
"""Version of the two files' layout."""
_COLUMNS = ("method", "kind", "clip", "metric", "title", "value", "reason", "facts", "remarks")
NOT_COMPUTED = "not computed"
"""How the reason of a metric begins that lacks its weights."""
NOT_ASKED = "not asked: with another clip's sound only metrics of the sound mean something"
"""The reason of a metric that does not hear, for a control with another sound."""
NOT_FOLLOWING = "not asked: only motion-controlled clips follow a motion source"
"""The reason of a metric of following, for all other methods."""
_POOLED = "one value of all clips together"


def summarise(
    methods: Sequence[Method],
    tools: Sequence[Tool],
    outcomes: Sequence[Outcome],
    *,
    level: float = 0.95,
    resamples: int = 1000,
    tolerance_frames: int = 0,
) -> dict[str, Any]:
    """Everything in ``summary.json``: the protocol, and each method's value of each metric.

    A metric that could be computed for no clip has the value None and a ``reason``; of one clip
    there is no interval, nor of a pooled metric. ``missing`` says of a metric that its weights
    are not there, and that it was asked about no clip.
    """
    found: dict[tuple[str, str], list[Outcome]] = {}
    for one in outcomes:
        found.setdefault((one.method, one.tool), []).append(one)
    protocol = describe_protocol(
        level=level, resamples=resamples, tolerance_frames=tolerance_frames
    )
    return {
        "format": FORMAT,
        "protocol": protocol,
        "version": toolkit_version(),
        "weights": weights_of(tools),
        "kinds": {method.name: method.kind for method in methods},
        "notes": {method.name: method.note for method in methods},
        "remarks": _remarks(methods, outcomes),
        "methods": {
            method.name: {
                tool.name: _entry(tool, method, found.get((method.name, tool.name), []), level,
                                  resamples)
                for tool in tools
            }
            for method in methods
        },
    }  # fmt: skip


def _remarks(methods: Sequence[Method], outcomes: Sequence[Outcome]) -> list[dict[str, str]]:
    """What a reader must know of clips, each once; another sound tells nothing new."""
    kinds = {method.name: method.kind for method in methods}
    found = {
        (one.method, one.clip, text): None
        for one in outcomes
        for text in one.remarks
        if kinds[one.method] not in ("floor", "leakage")
    }
    return [{"method": m, "clip": clip, "remark": text} for m, clip, text in found]


def _entry(
    tool: Tool, method: Method, outcomes: list[Outcome], level: float, resamples: int
) -> dict[str, Any]:
    metric = tool.metric
    measured = [one.measurement for one in outcomes if one.measurement is not None]
    failures = [{"clip": one.clip, "reason": one.reason} for one in outcomes if one.reason]
    entry: dict[str, Any] = {
        "title": metric.title,
        "unit": metric.unit,
        "direction": metric.direction,
        "value": None,
        "interval": None,
        "clips": len(measured),
        "failures": failures,
        "reason": "",
        "missing": bool(tool.unavailable),
    }
    if tool.unavailable:
        entry["reason"] = f"{NOT_COMPUTED}: {tool.unavailable}"
        return entry
    if not measured:
        entry["reason"] = _why_nothing(metric, method, failures)
        return entry
    try:
        if metric.pooled:
            value, ends = float(metric.summarise(measured)), None
        else:
            interval = bootstrap(measured, metric.summarise, resamples=resamples, level=level)
            value, ends = interval.value, (interval.low, interval.high)
    except Exception as error:  # a metric's own fault must not end the evaluation of all others
        entry["reason"] = f"the metric failed: {type(error).__name__}: {error}"
        return entry
    if not math.isfinite(value):
        entry["reason"] = getattr(metric, "nothing", "no clip has what the metric counts")
        return entry
    entry["value"] = value
    if ends is not None and len(measured) > 1 and all(map(math.isfinite, ends)):
        entry["interval"] = list(ends)
    return entry


def without_clip(reason: str) -> str:
    """A *reason* without the clip's name at its start: clips fail alike."""
    return re.sub(r"^clip .+?: ", "", reason, count=1)


def _why_nothing(metric: Metric, method: Method, failures: list[dict[str, str]]) -> str:
    if failures:
        reasons = {without_clip(one["reason"]) for one in failures}
        if len(reasons) == 1 and len(failures) > 1:
            return reasons.pop()
        more = f" (and {len(reasons) - 1} other reasons)" if len(reasons) > 1 else ""
        return failures[0]["reason"] + more
    if method.samples:
        return NOT_FOLLOWING if metric.follows else NOT_ASKED
    return "there is no clip: another sound needs another clip, which says something else"


def write_results(
    folder: Path,
    summary: dict[str, Any],
    methods: Sequence[Method],
    tools: Sequence[Tool],
    outcomes: Sequence[Outcome],
) -> None:
    """Write ``summary.json`` and ``clips.csv`` (one row per clip and metric) to *folder*.

    Where pyarrow is installed, ``clips.parquet`` too, with the same columns.
    """
    kinds = {method.name: method.kind for method in methods}
    known = {tool.name: tool.metric for tool in tools}
    facts = {
        (method.name, sample.name): json.dumps(dict(sample.facts)) if sample.facts else ""
        for method in methods
        for sample in method.samples
    }
    rows = []
    for one in outcomes:
        metric = known[one.tool]
        value, reason = None, one.reason
        if one.measurement is not None and metric.pooled:
            reason = _POOLED
        elif one.measurement is not None:
            number = float(metric.summarise([one.measurement]))
            value = number if math.isfinite(number) else None
            reason = reason if value is not None else "the clip has nothing that the metric counts"
        about = (one.method, kinds[one.method], one.clip, one.tool, metric.title)
        more = (facts[one.method, one.clip], "; ".join(one.remarks))
        rows.append((*about, value, reason, *more))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(rows)
    write_text(folder / CLIPS, text.getvalue())
    _write_parquet(folder / PARQUET, rows)
    write_json(folder / SUMMARY, summary)


def _write_parquet(path: Path, rows: Sequence[tuple[Any, ...]]) -> None:
    """The same table for data frames, if pyarrow is there; what an older evaluation left goes."""
    path.unlink(missing_ok=True)
    if importlib.util.find_spec("pyarrow") is None:
        return
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    types = [arrow.float64() if name == "value" else arrow.string() for name in _COLUMNS]
    columns = [arrow.array([row[k] for row in rows], type=kind) for k, kind in enumerate(types)]
    with atomic_path(path) as temporary:
        parquet.write_table(arrow.table(columns, names=list(_COLUMNS)), temporary)
