"""Evaluation of several methods by several metrics: in parallel, and resumable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
from styletalker.core.engine import Engine, Failure, inline_engine, local_engine
from styletalker.core.errors import InputError, compose
from styletalker.core.run.environment import cores
from styletalker.evaluation.harness.measure import Job, Measurer, Outcome
from styletalker.evaluation.harness.method import Method
from styletalker.evaluation.harness.source import Source
from styletalker.evaluation.harness.store import Store
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.observe import remember_in

__all__ = ["measure_all"]


def measure_all(
    methods: Sequence[Method],
    tools: Sequence[Tool],
    folder: Path,
    *,
    workers: int | None = None,
    engine: Engine | None = None,
    tolerance_frames: int = 0,
    progress: Callable[[int], object] = int,
) -> list[Outcome]:
    """What every metric says about every clip, or why it cannot say anything.

    Measurements are kept in *folder* as soon as they are made, under a digest of the clips'
    content and the metric: a killed evaluation goes on where it was, and what changes is measured
    again. The result is the same for any number of workers.

    Args:
        methods: whose clips; no two of one name.
        tools: the metrics.
        folder: where measurements are kept.
        workers: processes on this machine; None for one per core.
        engine: what works instead of those; the clips' files and *folder* are there under the
            same paths.
        tolerance_frames: clips that differ from their ground truth by so many frames at most are
            cut to the shorter one.
        progress: called with the number of clips that are newly measured.

    Raises:
        InputError: two methods have one name.
        RunError: the folder cannot be written, or processes cannot be started.
    """
    names = [method.name for method in methods]
    for name in names:
        if names.count(name) > 1:
            raise InputError(compose("two methods have one name", given=name))
    groups = _groups(methods, tools, tolerance_frames)
    if engine is None:
        count = min(workers or cores() or 1, len(groups))
        engine = inline_engine() if count <= 1 else local_engine(count)
    remember_in(folder)  # for what the caller looks at afterwards
    work = _Measuring({tool.name: tool for tool in tools}, Store(folder))
    outcomes: list[Outcome] = []
    for index, found in engine.map(work, groups, label=lambda jobs: jobs[0].clip):
        group = groups[index]
        outcomes += _unmeasured(group, found) if isinstance(found, Failure) else found
        progress(len(group))
    order = {(method.name, s.name): (m, k) for m, method in enumerate(methods)
             for k, s in enumerate(method.samples)}  # fmt: skip
    return sorted(outcomes, key=lambda one: order[one.method, one.clip])


def _groups(
    methods: Sequence[Method], tools: Sequence[Tool], tolerance_frames: int
) -> list[list[Job]]:
    """Jobs by ground truth: it is read and looked at once for all methods."""
    groups: dict[Source, list[Job]] = {}
    for method in methods:
        chosen = tuple(
            tool.name
            for tool in tools
            if not tool.unavailable and (tool.metric.hears or not method.hears_only)
        )
        for sample in method.samples:
            job = Job(
                method=method.name,
                clip=sample.name,
                generated=sample.generated,
                reference=sample.reference,
                tools=chosen,
                tolerance_frames=None if method.hears_only else tolerance_frames,
            )
            groups.setdefault(sample.reference or sample.generated, []).append(job)
    return list(groups.values())


def _unmeasured(jobs: list[Job], failure: Failure) -> list[Outcome]:
    """What is said of clips at which a process died, twice: the others have their numbers."""
    return [
        Outcome(method=job.method, clip=job.clip, tool=name, reason=failure.reason)
        for job in jobs
        for name in job.tools
    ]


@attrs.frozen(eq=False)
class _Measuring:
    """Measures the clips of one ground truth; a process has one, with the metrics' networks."""

    tools: dict[str, Tool]
    store: Store

    def __call__(self, jobs: list[Job]) -> list[Outcome]:
        return Measurer(self.tools, self.store).measure(jobs)
