"""Evaluate, and write everything about it to one folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from styletalker.core.engine import Engine
from styletalker.core.errors import InputError, compose
from styletalker.core.files import write_text
from styletalker.evaluation.harness.method import Method
from styletalker.evaluation.harness.run import measure_all
from styletalker.evaluation.harness.summary import summarise, write_results
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.report.distributions import distributions
from styletalker.evaluation.report.page import page
from styletalker.evaluation.report.shown import show
from styletalker.evaluation.report.tables import latex, markdown

__all__ = ["write_report"]


def write_report(
    folder: Path,
    methods: Sequence[Method],
    tools: Sequence[Tool],
    *,
    store: Path,
    title: str,
    shown: int = 3,
    workers: int | None = None,
    engine: Engine | None = None,
    tolerance_frames: int = 0,
    level: float = 0.95,
    resamples: int = 1000,
    progress: Callable[[int], object] = int,
) -> dict[str, Any]:
    """Measure, and write ``index.html``, the numbers and the tables to *folder*.

    Args:
        folder: where to; made if there is none.
        methods: what is compared, controls included.
        tools: the metrics.
        store: folder in which measurements are kept.
        title: of the page.
        shown: how many clips the page shows, spread over all.
        workers: processes on this machine; None for one per core.
        engine: what works instead of those, see
            :func:`~styletalker.evaluation.harness.run.measure_all`.
        tolerance_frames: see :func:`~styletalker.evaluation.harness.run.measure_all`.
        level: of the intervals.
        resamples: of the bootstrap.
        progress: called with the number of clips that are newly measured.

    Returns:
        What ``summary.json`` says.

    Raises:
        InputError: no method has a clip, or no metric is chosen.
        RunError: something cannot be written, or processes cannot be started.
    """
    if not any(method.samples for method in methods):
        raise InputError(compose("there is no clip to evaluate"))
    if not tools:
        raise InputError(compose("no metric is chosen"))
    outcomes = measure_all(
        methods,
        tools,
        store,
        workers=workers,
        engine=engine,
        tolerance_frames=tolerance_frames,
        progress=progress,
    )
    summary = summarise(
        methods,
        tools,
        outcomes,
        level=level,
        resamples=resamples,
        tolerance_frames=tolerance_frames,
    )
    write_results(folder, summary, methods, tools, outcomes)
    write_text(folder / "table.md", markdown(summary))
    write_text(folder / "table.tex", latex(summary))
    clips = show(folder, methods, _spread(methods, shown))
    plots = distributions(summary, tools, outcomes)
    write_text(folder / "index.html", page(title, summary, clips, plots))
    return summary


def _spread(methods: Sequence[Method], count: int) -> list[str]:
    """Names of *count* clips of judged methods, from the first to the last."""
    judged = [method for method in methods if method.kind == "method"]
    names = list(dict.fromkeys(sample.name for method in judged for sample in method.samples))
    count = min(count, len(names))
    return [names[k * len(names) // count] for k in range(count)]
