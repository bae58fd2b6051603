"""What a Ray task does with one item.

The work is done by a process that the task starts and keeps for the next one, as in the local
engine. So what kills it is noticed, is tried once more and told in the same words; Ray itself would
start its task again for ever.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any

from styletalker.core.engine.api import Failure
from styletalker.core.engine.pool import Pool
from styletalker.core.errors import RunError, StyletalkerError

__all__ = ["INDEX", "ITEM", "result_of", "run_row"]

INDEX, ITEM = "index", "item"
_RESULT, _REFUSAL = "result", "refusal"
_KEPT: dict[str, Pool] = {}
"""The process of this Ray worker, by the digest of its work."""


def run_row(row: dict[str, Any], *, sent: bytes, digest: str, folder: str) -> dict[str, Any]:
    """The answer to a row of an item: its index, and the pickled result.

    Args:
        row: INDEX and the pickled ITEM.
        sent: the pickled work.
        digest: of *sent*.
        folder: where relative paths begin, if this machine has it.
    """
    answer = {INDEX: row[INDEX], _RESULT: b"", _REFUSAL: ""}
    try:
        pool = _pool(sent, digest, folder)
        with _without_main():
            result = _second_try(pool, row[ITEM])
    except StyletalkerError as error:
        return {**answer, _REFUSAL: str(error)}
    return {**answer, _RESULT: pickle.dumps(result)}


def result_of(answer: dict[str, Any]) -> Any:
    """What the work said of an item.

    Raises:
        RunError: no process could do the work.
    """
    if answer[_REFUSAL]:
        raise RunError(answer[_REFUSAL])
    return pickle.loads(answer[_RESULT])  # noqa: S301 (made by our own task)


def _pool(sent: bytes, digest: str, folder: str) -> Pool:
    """The one process for this work, which other work has to make room for."""
    if digest not in _KEPT:
        for pool in _KEPT.values():
            pool.shrink(0)
        _KEPT.clear()
        with contextlib.suppress(OSError):
            os.chdir(folder)  # processes begin where their parent is
        _KEPT[digest] = Pool(sent, 1)
    return _KEPT[digest]


def _second_try(pool: Pool, item: bytes) -> Any:
    """What the work says of an item, once more if a process died."""
    result: Any = None
    for _ in range(2):
        ((_, result),) = pool.results([0], lambda _: item)
        if not (isinstance(result, Failure) and result.crashed):
            break
    return result


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Processes that are started meanwhile do not run the main script of Ray's worker again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
