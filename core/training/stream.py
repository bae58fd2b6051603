"""Batches straight from a corpus: shuffled, in bounded memory, the same however it is run.

Nothing is written to disk first. A corpus gives any clip by its index, so the order of an epoch is
a permutation that follows from the seed alone, and the items of a step from the step alone: that is
what lets a training go on at the very sample, and any number of processes share a batch.
"""

from __future__ import annotations

import concurrent.futures
import copy
import itertools
import queue
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.corpus import Corpus, Stored
from torch import Tensor

__all__ = ["ClipStream", "Cut", "EpochOrder"]

_AHEAD = 2
"""Items that wait per thread: enough to keep it busy, few enough for memory."""
_ORDERS_KEPT = 2
"""Permutations in memory: a batch may hold the end of an epoch and the start of the next."""


class Cut(Protocol):
    """Makes an item of a clip; it must be possible to pickle it."""

    def __call__(self, clip: Clip, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        """Arrays by name: the same names, shapes and types for every clip.

        Args:
            clip: a clip of the corpus.
            rng: for what is chosen at random; all that may be random.

        Raises:
            InputError: the clip is too short, or lacks something.
        """
        ...


class EpochOrder:
    """Which clip stands at which place of an endless sequence of epochs.

    In each epoch every clip comes exactly once. Files come in a random order, and the clips of some
    files at a time are shuffled together, so that only so many files are in use at any moment.
    """

    def __init__(self, groups: Sequence[range], *, seed: int, mixed: int) -> None:
        """Order the clips of *groups*, which are the files; *mixed* files are shuffled together."""
        self._groups, self._seed, self._mixed = groups, seed, mixed
        self.clips = sum(map(len, groups))
        """Clips in an epoch."""
        self._orders: dict[int, NDArray[np.int64]] = {}

    def at(self, place: int) -> tuple[int, int]:
        """The epoch, from 0, and the clip at a place, from 0."""
        epoch, position = divmod(place, self.clips)
        return epoch, int(self._order(epoch)[position])

    def _order(self, epoch: int) -> NDArray[np.int64]:
        if epoch not in self._orders:
            for old in sorted(self._orders)[: len(self._orders) - _ORDERS_KEPT + 1]:
                del self._orders[old]
            self._orders[epoch] = self._shuffled(np.random.default_rng([self._seed, epoch]))
        return self._orders[epoch]

    def _shuffled(self, rng: np.random.Generator) -> NDArray[np.int64]:
        files = rng.permutation(len(self._groups))
        parts = []
        for first in range(0, len(files), self._mixed):
            some = [self._groups[file] for file in files[first : first + self._mixed]]
            parts.append(rng.permutation(np.concatenate(some)))
        return np.concatenate(parts).astype(np.int64)


class ClipStream:
    """A :class:`~styletalker.core.training.source.Source` whose items are clips of a corpus.

    **Order.** Item *row* of step *step* is the clip at place ``step * batch + row`` of the
    :class:`EpochOrder`. Epochs follow each other without a gap: a batch that an epoch does not
    fill is filled by the next one, so no clip is left out or comes twice, and every batch is full.
    A random window is drawn anew in each epoch.

    **Memory.** A clip in each thread, and the items of a batch and two per thread; never a split.

    **Use** as a context manager, or call :meth:`close`: it has threads. A pickled copy has none
    until it is asked for a batch.
    """

    def __init__(
        self,
        corpus: Corpus,
        split: str,
        cut: Cut,
        *,
        seed: int,
        batch: int,
        workers: int = 1,
        mixed: int = 16,
    ) -> None:
        """Stream a split.

        Args:
            corpus: where clips come from; each thread has a copy of it.
            split: one of its splits.
            cut: makes an item of a clip.
            seed: of the order and of what *cut* chooses.
            batch: items per step over all processes, at least 1.
            workers: threads that decode ahead; 0 decodes when a batch is asked for. The batches
                are the same for any number.
            mixed: files whose clips are shuffled together, at least 1, where the corpus is
                :class:`~styletalker.core.interfaces.corpus.Stored`; else all clips are.

        Raises:
            InputError: the split does not exist or is empty, or a number is out of range.
        """
        corpus.check_split(split)
        if not corpus.count(split):
            raise InputError(compose("the split is empty", given=split))
        for name, value, least in (
            ("batch", batch, 1),
            ("workers", workers, 0),
            ("mixed", mixed, 1),
        ):
            if value < least:
                raise InputError(compose(name, expected=f"at least {least}", given=value))
        self.split, self.batch_size = split, batch
        self._corpus, self._cut, self._seed, self._workers = corpus, cut, seed, workers
        whole = [range(corpus.count(split))]
        groups = corpus.groups(split) if isinstance(corpus, Stored) else whole
        self._order = EpochOrder(groups, seed=seed, mixed=mixed)
        self._forget()

    def _forget(self) -> None:
        """Have no threads, and nothing under way."""
        self._pool: concurrent.futures.ThreadPoolExecutor | None = None
        self._copies: queue.SimpleQueue[Corpus] = queue.SimpleQueue()
        self._waiting: dict[int, concurrent.futures.Future[Mapping[str, NDArray[Any]]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the threads."""
        own = {"_pool", "_copies", "_waiting"}
        return {name: value for name, value in self.__dict__.items() if name not in own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start without threads."""
        self.__dict__.update(state)
        self._forget()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the threads."""
        self.close()

    def close(self) -> None:
        """End the threads; what they are decoding is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._forget()

    @property
    def clips(self) -> int:
        """Clips in an epoch."""
        return self._order.clips

    def batch(self, step: int, rows: range) -> Mapping[str, Tensor]:
        """Items *rows* of the batch of *step*.

        Raises:
            InputError, MediaError: a clip cannot be used, or decoded; it is named.
        """
        places = [step * self.batch_size + row for row in rows]
        if self._workers:
            items = self._fetch(places)
        else:
            items = [self._item(*self._order.at(place), self._corpus) for place in places]
        return {
            name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]
        }

    def _fetch(self, places: Sequence[int]) -> list[Mapping[str, NDArray[Any]]]:
        """Items that threads have made or are making, after asking for those of the next steps."""
        if self._pool is None:
            self._pool = concurrent.futures.ThreadPoolExecutor(self._workers, "stream")
            for _ in range(self._workers):
                self._copies.put(copy.deepcopy(self._corpus))
        later = (place + step * self.batch_size for step in itertools.count(1) for place in places)
        wanted = [*places, *itertools.islice(later, _AHEAD * self._workers)]
        for place in set(self._waiting) - set(wanted):  # another step was asked for
            self._waiting.pop(place).cancel()
        for place in wanted:
            if place not in self._waiting:
                self._waiting[place] = self._pool.submit(self._in_thread, *self._order.at(place))
        return [self._waiting.pop(place).result() for place in places]

    def _in_thread(self, epoch: int, index: int) -> Mapping[str, NDArray[Any]]:
        corpus = self._copies.get()
        try:
            return self._item(epoch, index, corpus)
        finally:
            self._copies.put(corpus)

    def _item(self, epoch: int, index: int, corpus: Corpus) -> Mapping[str, NDArray[Any]]:
        clip = corpus.clip(self.split, index)
        return self._cut(clip, np.random.default_rng([self._seed, epoch, index]))
