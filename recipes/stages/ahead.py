"""A corpus whose next clips are made by other processes while one is used."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from typing import Self

from styletalker.core.clip import Clip
from styletalker.core.errors import RunError, compose
from styletalker.core.interfaces.corpus import Corpus

__all__ = ["Ahead"]

_EACH = 2
"""Clips waiting per process: enough to keep it busy, few enough for memory."""


class Ahead(Corpus, abstract=True):  # not a component: it is given a corpus
    """The same clips as *corpus*; asked for in order, they come from several processes."""

    def __init__(self, corpus: Corpus, split: str, *, workers: int | None) -> None:
        """Work ahead in *split* with so many processes; None for one per core."""
        super().__init__(corpus.config)
        self._corpus, self._split = corpus, split
        self._count = min(workers or os.cpu_count() or 1, corpus.count(split))
        self._pool: concurrent.futures.ProcessPoolExecutor | None = None
        self._waiting: deque[tuple[int, concurrent.futures.Future[Clip]]] = deque()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    @property
    def resolution(self) -> int:
        """Height and width of the frames in pixels."""
        return self._corpus.resolution

    @property
    def fps(self) -> int:
        """Frames per second."""
        return self._corpus.fps

    @property
    def sample_rate(self) -> int:
        """Samples per second, in Hz."""
        return self._corpus.sample_rate

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits."""
        return self._corpus.splits

    def count(self, split: str) -> int:
        """Number of clips in *split*."""
        return self._corpus.count(split)

    def clip(self, split: str, index: int) -> Clip:
        """Clip *index* of *split*.

        Raises:
            RunError: a process died.
        """
        self.check_index(split, index)
        if self._count <= 1 or split != self._split:
            return self._corpus.clip(split, index)
        if self._pool is None:
            # Not forked: a fork would copy threads of torch and PyAV.
            context = multiprocessing.get_context("spawn")
            self._pool = concurrent.futures.ProcessPoolExecutor(self._count, context, _one_thread)
        if not self._waiting or self._waiting[0][0] != index:
            self._waiting.clear()
            self._ask(index)
        future = self._waiting.popleft()[1]
        for ahead in range(len(self._waiting), self._count * _EACH):
            if index + 1 + ahead < self.count(split):
                self._ask(index + 1 + ahead)
        try:
            return future.result()
        except BrokenProcessPool as error:
            problem = f"{split}: a process that makes clips died, perhaps for lack of memory"
            fix = "Run again to go on, with fewer workers."
            raise RunError(compose(problem, fix=fix)) from error

    def _ask(self, index: int) -> None:
        assert self._pool is not None
        future = self._pool.submit(self._corpus.clip, self._split, index)
        self._waiting.append((index, future))


def _one_thread() -> None:
    """Processes share the cores by being many, not by being many-threaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
