"""Processes share the cores by being many, not by being many-threaded."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType

__all__ = ["ONE_THREAD", "environment", "set_one_thread"]

ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "NUMBA_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS",
            "OPENCV_FOR_THREADS_NUM",
        ),
        "1",
    )
)
"""The environment of a process in which numerical libraries use one thread. They read it when
they are imported."""


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """While this lasts, processes that are started get *values* in their environment."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def set_one_thread() -> None:
    """One thread for this process, also for torch, if it has been imported already."""
    os.environ.update(ONE_THREAD)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
