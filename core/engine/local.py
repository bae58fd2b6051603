"""The engine of this machine: spawned processes of one thread each."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import attrs
from styletalker.core.engine.api import Engine, Failure, ItemError
from styletalker.core.engine.pool import Pool
from styletalker.core.engine.worker import Fault
from styletalker.core.errors import RunError, StyletalkerError, compose
from styletalker.core.run.environment import cores

__all__ = ["inline_engine", "local_engine", "pickled", "sound"]

T = TypeVar("T")
R = TypeVar("R")


def local_engine(workers: int | None = None) -> Engine:
    """An engine of spawned processes on this machine.

    A script that uses it must do so under ``if __name__ == "__main__":``.

    Args:
        workers: how many; None for one per core. Also a single one is a process of its own, so
            that what kills it kills nothing else.
    """
    return _Local(max(1, workers or cores() or 1))


def inline_engine() -> Engine:
    """An engine that works in this very process: quick to start, and a crash is a crash."""
    return _Inline()


@attrs.frozen
class _Inline:
    def map(
        self, work: Callable[[T], R], items: Sequence[T], *, label: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R | Failure]]:
        """See :class:`Engine`."""
        for index, item in enumerate(items):
            try:
                result: R | Failure = work(item)
            except StyletalkerError as error:
                result = Failure.of(error)
            except Exception as error:
                text = " ".join(f"{label(item)}: {type(error).__name__}: {error}".split())
                raise ItemError(text) from error
            yield index, result


@attrs.frozen
class _Local:
    workers: int

    def map(
        self, work: Callable[[T], R], items: Sequence[T], *, label: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R | Failure]]:
        """See :class:`Engine`."""
        if not items:
            return
        with Pool(pickled(work), min(self.workers, len(items))) as pool:
            yield from _attempts(pool, items, label)


def _attempts(
    pool: Pool, items: Sequence[Any], label: Callable[[Any], str]
) -> Iterator[tuple[int, Any]]:
    """Every item once, then those on which a process died once more, one at a time.

    A process may have died because of what another one did with the memory: the second attempt is
    made alone.
    """
    crashed: list[int] = []
    for index, result in pool.results(range(len(items)), lambda k: pickled(items[k])):
        if isinstance(result, Failure) and result.crashed:
            crashed.append(index)
        else:
            yield index, sound(result, items[index], label)
    pool.shrink(1)
    for index, result in pool.results(sorted(crashed), lambda k: pickled(items[k])):
        yield index, sound(result, items[index], label)


def sound(result: Any, item: Any, label: Callable[[Any], str]) -> Any:
    """What the work said of *item*, in the words of an engine.

    Raises:
        ItemError: *result* tells of a fault of the program.
    """
    if isinstance(result, Fault):
        raise ItemError(f"{label(item)}: {result.text}") from _TraceError(result.trace)
    if isinstance(result, Failure) and result.crashed:
        return attrs.evolve(result, reason=f"{result.reason}, and again in a second attempt")
    return result


class _TraceError(Exception):
    """Shows the traceback of another process as the cause of an error."""

    def __str__(self) -> str:
        """The traceback."""
        return f"\n{self.args[0]}"


def pickled(value: Any, dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """*value* to be sent to another process.

    Raises:
        RunError: it cannot be sent.
    """
    try:
        return dumps(value)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        problem = f"{type(value).__name__} cannot be sent to another process: {error}"
        fix = "Importable functions and classes can, open files and lambdas cannot."
        raise RunError(compose(problem, fix=fix)) from error
