"""Evaluation of several methods by several metrics: in parallel, and resumable."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.run.environment import cores
from styletalker.evaluation.harness.measure import Job, Measurer, Outcome
from styletalker.evaluation.harness.method import Method
from styletalker.evaluation.harness.source import Source
from styletalker.evaluation.harness.store import Store
from styletalker.evaluation.harness.tool import Tool

__all__ = ["measure_all"]


def measure_all(
    methods: Sequence[Method],
    tools: Sequence[Tool],
    folder: Path,
    *,
    workers: int | None = None,
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
        workers: processes; None for one per core.
        tolerance_frames: clips that differ from their ground truth by so many frames at most are
            cut to the shorter one.
        progress: called with the number of clips that are newly measured.

    Raises:
        InputError: two methods have one name.
        RunError: the folder cannot be written, or a process died.
    """
    names = [method.name for method in methods]
    for name in names:
        if names.count(name) > 1:
            raise InputError(compose("two methods have one name", given=name))
    groups = _groups(methods, tools, tolerance_frames)
    measurer = Measurer({tool.name: tool for tool in tools}, Store(folder))
    outcomes: list[Outcome] = []
    for found, count in _measured(measurer, groups, min(workers or cores() or 1, len(groups))):
        outcomes += found
        progress(count)
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
            tool.name for tool in tools if not tool.unavailable and method.concerns(tool.metric)
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


def _measured(
    measurer: Measurer, groups: list[list[Job]], workers: int
) -> Iterator[tuple[list[Outcome], int]]:
    """Outcomes of each group, and how many clips it has, in the order they are ready."""
    if workers <= 1:
        for jobs in groups:
            yield measurer.measure(jobs), len(jobs)
        return
    # Not forked: a fork would copy threads of torch and PyAV.
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, context, _begin, (measurer,)) as pool:
        waiting = {pool.submit(_measure, jobs): len(jobs) for jobs in groups}
        try:
            for future in concurrent.futures.as_completed(waiting):
                yield future.result(), waiting[future]
        except BrokenProcessPool as error:
            problem = "a process that measures clips died, perhaps for lack of memory"
            fix = "Run again to go on, with fewer workers."
            raise RunError(compose(problem, fix=fix)) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_IN_PROCESS: list[Measurer] = []
"""The measurer of a worker process."""


def _begin(measurer: Measurer) -> None:
    """Processes share the cores by being many, not by being many-threaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    _IN_PROCESS[:] = [Measurer(measurer.tools, measurer.store)]


def _measure(jobs: list[Job]) -> list[Outcome]:
    return _IN_PROCESS[0].measure(jobs)
