"""Processes of a training on several devices, and which device a process gets.

The process of the run is process 0: it alone reports, records and writes. The others are spawned
by it, not forked (CUDA and autograd do not survive a fork), and get the objective pickled. So
nothing needs the command line again.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Self

import torch
import torch.distributed
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy
from styletalker.core.errors import InputError, StyletalkerError, TrainingError, compose
from styletalker.core.training.config import TrainingConfig

__all__ = ["Helpers", "accelerator_of", "make_fabric"]

_TIMEOUT = datetime.timedelta(minutes=10)
"""How long a process waits for the others: process 0 may be drawing pictures."""
_START_S = 300.0
"""How long helpers may take to import everything."""
_READY = "ready"


def accelerator_of(config: TrainingConfig) -> str:
    """``cpu`` or ``cuda``.

    Raises:
        InputError: there are not as many CUDA devices as asked for, or the precision needs one.
    """
    kind = _device_kind(config)
    if kind == "cpu" and config.precision == "16-mixed":
        problem = "training.precision 16-mixed needs a CUDA device"
        raise InputError(compose(problem, fix="Set it to 32-true or bf16-mixed."))
    return kind


def _device_kind(config: TrainingConfig) -> str:
    if config.accelerator == "cpu":
        return "cpu"
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if config.accelerator == "auto" and not found:
        return "cpu"
    if found < config.devices:
        problem = f"training.devices asks for {config.devices} CUDA devices, there are {found}"
        raise InputError(compose(problem, fix="Lower it, or set training.accelerator to cpu."))
    return "cuda"


def make_fabric(config: TrainingConfig, *, rank: int = 0, port: int = 0) -> Fabric:
    """Fabric for this process, launched; with several devices it waits for the others."""
    accelerator = accelerator_of(config)
    strategy: Any = "auto"
    if config.devices > 1:
        place = _Place(rank, config.devices, port)
        strategy = DDPStrategy(cluster_environment=place, timeout=_TIMEOUT)
    with _quiet():
        fabric = Fabric(
            accelerator=accelerator,
            devices=config.devices,
            strategy=strategy,
            precision=config.precision,
        )
        fabric.launch()
    return fabric


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Fabric's words about its processes to itself: the engine says what is used."""
    logger = logging.getLogger("lightning_fabric")
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


class Helpers:
    """The spawned processes 1, 2, ...; a context manager that ends them."""

    def __init__(self, job: Any, work: Callable[[Any, int, int], object], count: int) -> None:
        """Start *count* processes that each call ``work(job, rank, port)``.

        Raises:
            TrainingError: the job cannot be pickled, or a process does not start.
        """
        self.port = _free_port() if count else 0
        self._processes: list[Any] = []
        self._pipes: list[multiprocessing.connection.Connection] = []
        if count:
            payload = _pickled(job)
            try:
                self._start(payload, work, count)
            except BaseException:
                self._kill()
                raise

    def __enter__(self) -> Self:
        """The processes."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, *_: object) -> None:
        """End them; an error in one of them is raised instead of what it caused here."""
        told = self._failure() if kind is not None and self._processes else None
        for process in self._processes:
            if kind is not None:
                process.kill()
            process.join(timeout=10)
            if process.is_alive():
                process.kill()
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        if told and not isinstance(error, StyletalkerError | KeyboardInterrupt):
            raise TrainingError(told)

    def _start(self, payload: bytes, work: Callable[[Any, int, int], object], count: int) -> None:
        context = multiprocessing.get_context("spawn")
        for rank in range(1, count + 1):
            mine, theirs = context.Pipe()
            arguments = (payload, work, rank, self.port, theirs)
            process = context.Process(target=_help, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._pipes.append(mine)
        for rank, pipe in enumerate(self._pipes, 1):
            text = _received(pipe, _START_S)
            if text != _READY:
                raise TrainingError(text or f"process {rank} of the training did not start")

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()

    def _failure(self) -> str | None:
        """What a process said when it failed, or that it died."""
        told = [text for pipe in self._pipes if (text := _received(pipe, 1.0))]
        if told:
            return told[0]
        for rank, process in enumerate(self._processes, 1):
            process.join(timeout=0.1)
            if process.exitcode:
                problem = f"process {rank} of the training died (exit code {process.exitcode})"
                fix = "Perhaps memory ran out; go on with --resume."
                return compose(problem, fix=fix)
        return None


class _Place(ClusterEnvironment):
    """Tells Fabric which process this is; all are on this machine, started by the helpers."""

    def __init__(self, rank: int, world: int, port: int) -> None:
        self._rank, self._world, self._port = rank, world, port

    @property
    def creates_processes_externally(self) -> bool:
        return True

    @property
    def main_address(self) -> str:
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        return self._port

    @staticmethod
    def detect() -> bool:
        return False

    def world_size(self) -> int:
        return self._world

    def set_world_size(self, size: int) -> None:
        self._world = size

    def global_rank(self) -> int:
        return self._rank

    def set_global_rank(self, rank: int) -> None:
        self._rank = rank

    def local_rank(self) -> int:
        return self._rank

    def node_rank(self) -> int:
        return 0


def _help(
    payload: bytes,
    work: Callable[[Any, int, int], object],
    rank: int,
    port: int,
    pipe: multiprocessing.connection.Connection,
) -> None:
    """What a spawned process does."""
    for one in (signal.SIGINT, signal.SIGTERM):  # go to a whole group; process 0 decides
        signal.signal(one, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        job = pickle.loads(payload)  # noqa: S301 (made by process 0 a moment ago)
        pipe.send(_READY)
        work(job, rank, port)
    except BaseException as error:
        text = " ".join(str(error).split()) or type(error).__name__
        where = traceback.extract_tb(error.__traceback__)[-1]
        with contextlib.suppress(OSError):
            pipe.send(
                f"process {rank} of the training failed: {type(error).__name__}: {text} "
                f"({where.filename}:{where.lineno})"
            )
        os._exit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _received(pipe: multiprocessing.connection.Connection, seconds: float) -> str | None:
    with contextlib.suppress(EOFError, OSError):
        if pipe.poll(seconds):
            return str(pipe.recv())
    return None


def _pickled(job: Any) -> bytes:
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        problem = f"the objective or the source cannot be sent to other processes: {error}"
        raise TrainingError(compose(problem, fix="Set training.devices to 1.")) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
