"""Spawned processes that take items, and that may die."""

from __future__ import annotations

import collections
import contextlib
import multiprocessing
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection
from typing import Any, Self

from styletalker.core.engine.api import Failure
from styletalker.core.engine.one_thread import ONE_THREAD, environment
from styletalker.core.engine.worker import READY, serve
from styletalker.core.errors import RunError, compose

__all__ = ["Pool"]

_MOST_STILLBORN = 3
"""So many processes in a row that die before they can work: none ever will."""
_END_S = 5.0
"""How long a killed process may take to be gone."""


class Pool:
    """A number of processes with the same work; a context manager that ends them."""

    def __init__(self, work: bytes, count: int) -> None:
        """*count* processes, started when there is something to do, for the pickled *work*."""
        self._work, self._count = work, count
        self._workers: list[_Worker] = []
        self._stillborn = 0

    def __enter__(self) -> Self:
        """The pool."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes at once, whatever they do."""
        self.shrink(0)

    def shrink(self, count: int) -> None:
        """Keep *count* processes at most, and end the others."""
        self._count = count
        ended, self._workers = self._workers[count:], self._workers[:count]
        for worker in ended:
            worker.process.kill()
        for worker in ended:
            worker.end()

    def results(
        self, indices: Iterable[int], item: Callable[[int], bytes]
    ) -> Iterator[tuple[int, Any]]:
        """What the work says of each item, as it is ready.

        A :class:`Failure` with ``crashed`` where a process died; a
        :class:`~styletalker.core.engine.worker.Fault` for an exception.

        Args:
            indices: of the items.
            item: the pickled item of an index.

        Raises:
            RunError: processes cannot be started.
        """
        waiting = collections.deque(indices)
        while waiting or any(worker.index is not None for worker in self._workers):
            self._hand_out(waiting, item)
            found = []
            for worker in self._heard():
                index, result = worker.index, worker.receive()
                if worker.dead:
                    self._bury(worker, result)
                if index is not None:
                    found.append((index, result))
            self._hand_out(waiting, item)  # before the caller takes its time with what was found
            yield from found

    def _hand_out(self, waiting: collections.deque[int], item: Callable[[int], bytes]) -> None:
        """Give idle processes something to do, and start as many as may be and are needed."""
        for worker in self._workers:
            if waiting and worker.idle:
                worker.give(waiting[0], item(waiting[0]))
                waiting.popleft()
        starting = sum(worker.index is None for worker in self._workers)
        for _ in range(min(self._count - len(self._workers), len(waiting) - starting)):
            self._workers.append(_Worker(self._work))

    def _heard(self) -> list[_Worker]:
        """The processes that have said something or died; waits for the first."""
        ready = set(connection.wait([worker.pipe for worker in self._workers]))
        return [worker for worker in self._workers if worker.pipe in ready]

    def _bury(self, worker: _Worker, result: Any) -> None:
        """Forget a dead process; complain if they die before they can work."""
        self._workers.remove(worker)
        worker.end()
        self._stillborn = 0 if worker.ready else self._stillborn + 1
        if worker.refusal:
            problem = f"the work cannot be loaded by another process: {worker.refusal}"
            raise RunError(compose(problem, fix="Is everything it needs importable there?"))
        if self._stillborn >= _MOST_STILLBORN:
            problem = f"worker processes cannot start: {result.reason}"
            fix = 'A script must use workers under `if __name__ == "__main__":`.'
            raise RunError(compose(problem, fix=fix))


class _Worker:
    """A process, its pipe, and what it is doing."""

    def __init__(self, work: bytes) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads of torch and av
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        self.index: int | None = None
        self.ready = self.dead = False
        self.refusal = ""
        try:
            with environment(ONE_THREAD):
                self.process.start()
        except OSError as error:
            problem = f"a worker process cannot be started: {error.strerror or error}"
            raise RunError(compose(problem, fix="Use fewer --workers.")) from error
        theirs.close()
        self._send(work)

    @property
    def idle(self) -> bool:
        """Whether it can be given an item."""
        return self.ready and not self.dead and self.index is None

    def give(self, index: int, item: bytes) -> None:
        """Let it work on an item."""
        self.index = index
        self._send(item)

    def receive(self) -> Any:
        """What it says of its item; a :class:`Failure` if it is dead; None if it is ready now."""
        try:
            data = self.pipe.recv_bytes()
        except (EOFError, OSError):
            self.dead = True
            return Failure(self._cause(), crashed=True)
        if not self.ready:
            self.ready = data == READY
            if not self.ready:
                self.dead, self.refusal = True, data.decode()
            return None
        self.index = None
        return pickle.loads(data)  # noqa: S301 (made by our own process)

    def end(self) -> None:
        """Leave nothing of it."""
        self.process.kill()
        self.process.join(_END_S)
        self.pipe.close()

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # it is dead, which reading from its pipe will tell
            self.pipe.send_bytes(data)

    def _cause(self) -> str:
        """Why it died."""
        self.process.join(_END_S)
        code = self.process.exitcode
        if code is None or code >= 0:
            return f"the worker process ended (exit status {code})"
        if -code == signal.SIGKILL:
            return "the worker process was killed, perhaps for lack of memory"
        name = signal.strsignal(-code) or f"signal {-code}"
        return f"the worker process crashed ({name})"
