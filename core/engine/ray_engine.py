"""The engine of Ray: the items are a Ray Data data set, the work is an operator on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import attrs
from styletalker.core.engine.api import Failure
from styletalker.core.engine.local import pickled, sound
from styletalker.core.engine.ray_session import check_address, load_ray, quiet_data, session
from styletalker.core.engine.ray_task import INDEX, ITEM, result_of, run_row
from styletalker.core.errors import RunError, compose

__all__ = ["RayEngine"]

T = TypeVar("T")
R = TypeVar("R")


@attrs.frozen
class RayEngine:
    """See :func:`~styletalker.core.engine.choose.ray_engine`."""

    address: str | None = None
    workers: int | None = None

    @classmethod
    def checked(cls, address: str | None, workers: int | None) -> Self:
        """An engine, after a look at whether it can be used; Ray starts with the work.

        Raises:
            InputError: Ray is not installed, or *address* is none that can be used.
        """
        load_ray()
        check_address(address)
        return cls(address, workers)

    def map(
        self, work: Callable[[T], R], items: Sequence[T], *, label: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R | Failure]]:
        """See :class:`~styletalker.core.engine.api.Engine`.

        Ray starts a task again whose worker or machine it lost, as often as that happens.
        """
        if not items:
            return
        ray = load_ray()
        sent = pickled(work, ray.cloudpickle.dumps)
        rows = [
            {INDEX: index, ITEM: pickled(item, ray.cloudpickle.dumps)}
            for index, item in enumerate(items)
        ]
        missing = set(range(len(items)))
        with session(self.address, self.workers) as limit, quiet_data():
            for row in _answers(ray, rows, sent, limit):
                index, result = row[INDEX], result_of(row)
                missing.discard(index)
                yield index, sound(result, items[index], label)
        if missing:
            raise RunError(f"Ray gave no result for {label(items[min(missing)])}")


def _answers(
    ray: Any, rows: list[dict[str, Any]], sent: bytes, limit: int | None
) -> Iterator[dict[str, Any]]:
    """The rows of the results, as they are ready; *limit* tasks at once, or as many as fit."""
    strategy = None if limit is None else ray.data.TaskPoolStrategy(size=limit)
    digest = hashlib.sha256(sent).hexdigest()
    options = {"sent": sent, "digest": digest, "folder": str(Path.cwd())}
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        run_row, fn_kwargs=options, compute=strategy, num_cpus=1
    )
    try:
        for table in results.iter_batches(
            batch_size=None, prefetch_batches=0, batch_format="pyarrow"
        ):
            yield from table.to_pylist()
    except ray.exceptions.RayError as error:
        text = " ".join(str(error).split()) or type(error).__name__
        fix = "Run it again to go on; Ray's logs say more."
        raise RunError(compose(f"Ray stopped: {text}", fix=fix)) from error
