"""Strengths of methods from comparisons of two (Bradley & Terry 1952)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["PRIOR", "strengths"]

FloatArray = NDArray[np.float64]

PRIOR = 0.5
"""Comparisons that are added to each pair, half of them won by either: without them, a method
that always wins would be infinitely strong."""
_STEPS = 1000
_ENOUGH = 1e-10


def strengths(wins: ArrayLike) -> FloatArray:
    """Strengths [..., M] on a logarithmic scale, with mean 0; higher is better.

    P(i beats j) = 1 / (1 + exp(s_j - s_i)): a difference of 1 is 73 %, of 2 is 88 %. The most
    likely ones, by the steps of Hunter 2004, with :data:`PRIOR` added.

    Args:
        wins: [..., M, M]: how often the row's method was preferred to the column's; a tie counts
            half for both.

    Raises:
        InputError: these are no square matrices of numbers that are not negative.
    """
    won = np.array(wins, np.float64)
    if won.ndim < 2 or won.shape[-2] != won.shape[-1] or (won < 0).any():
        raise InputError(compose("wins must be a square matrix", given=won.shape))
    count = won.shape[-1]
    if count < 2:
        return np.zeros(won.shape[:-1])
    won = np.where(np.eye(count, dtype=bool), 0.0, won + PRIOR / 2)
    met = won + np.swapaxes(won, -1, -2)
    scale: FloatArray = np.zeros(won.shape[:-1])
    for _ in range(_STEPS):
        power = np.exp(scale)
        expected = (met / (power[..., :, None] + power[..., None, :])).sum(-1)
        following = np.log(won.sum(-1) / expected)
        following -= following.mean(-1, keepdims=True)
        done = bool(np.abs(following - scale).max() < _ENOUGH)
        scale = following
        if done:
            break
    return scale
