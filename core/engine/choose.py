"""Engines by name, as an option of a command says it."""

from __future__ import annotations

from styletalker.core.engine.api import Engine
from styletalker.core.engine.local import local_engine
from styletalker.core.errors import InputError, compose

__all__ = ["ENGINES", "open_engine", "ray_engine"]

ENGINES = ("local", "ray")
"""What ``--engine`` may be."""


def open_engine(name: str, *, workers: int | None = None, address: str | None = None) -> Engine:
    """The engine called *name*.

    Args:
        name: one of :data:`ENGINES`.
        workers: processes that work at once; None for one per core, for ``ray`` of the cluster.
        address: of a Ray cluster; None starts one on this machine.

    Raises:
        InputError: there is no such engine, or *address* is given to one that has none, or Ray
            is not installed.
    """
    if name not in ENGINES:
        problem = "--engine: no such engine"
        raise InputError(compose(problem, given=name, name=name, choices=ENGINES))
    if name == "ray":
        return ray_engine(address, workers)
    if address is not None:
        fix = "Say --engine ray as well, or leave it out."
        raise InputError(compose("--address is for --engine ray", given=address, fix=fix))
    return local_engine(workers)


def ray_engine(address: str | None = None, workers: int | None = None) -> Engine:
    """An engine that maps with Ray Data, on this machine or on a cluster.

    Args:
        address: of a cluster, such as ``10.0.0.1:6379`` or ``auto``; None for that of the
            environment variable ``RAY_ADDRESS``, else a Ray of its own on this machine.
        workers: tasks at once; None for one per core of the cluster.

    Raises:
        InputError: Ray is not installed.
    """
    from styletalker.core.engine.ray_engine import RayEngine

    return RayEngine.checked(address, workers)
