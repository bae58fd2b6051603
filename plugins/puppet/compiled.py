"""The one way kernels are compiled: cached on disk, fast floating point, no threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

__all__ = ["compiled"]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def compiled(kernel: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """*kernel* as machine code.

    Compiled code is kept beside the source, so only the first process pays for it. Fast
    floating point lets the compiler reorder sums; the order is fixed once compiled, so
    frames are still the same in every process.
    """
    fast: Callable[_Arguments, _Result] = njit(cache=True, fastmath=True)(kernel)
    return fast
