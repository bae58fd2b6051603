"""The Frechet distance of two sets of features, as FID is defined (Heusel et al. 2017)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["frechet_distance"]

_LEAST = 2


def frechet_distance(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> float:
    """|m1 - m2|^2 + trace(S1 + S2 - 2 (S1 S2)^(1/2)) of features [N1, D] and [N2, D].

    Means m and covariances S (with N - 1) in float64, as pytorch-fid has them. The trace of the
    root is the sum of the singular values of C1 C2^T, where C are the centred features over
    sqrt(N - 1): the same number as by a matrix root, without its trouble where covariances have not
    full rank, and cheap where there are fewer pictures than channels. What rounding makes of a
    distance of nothing is 0, where pytorch-fid may give a small negative number.

    **Pitfall.** With few pictures it comes out too high: the field advises at least 2048, and the
    same number on both sides.

    Raises:
        InputError: the shapes do not fit, or a set has fewer than two rows.
    """
    if ours.ndim != 2 or theirs.ndim != 2 or ours.shape[1] != theirs.shape[1]:
        problem = "sets of features that do not compare"
        raise InputError(compose(problem, expected=f"[N, {theirs.shape[-1]}]", given=ours.shape))
    if min(len(ours), len(theirs)) < _LEAST:
        problem = "a covariance needs more features"
        given = min(len(ours), len(theirs))
        raise InputError(compose(problem, expected=f"at least {_LEAST}", given=given))
    first, second = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    shift = first.mean(0) - second.mean(0)
    one, two = _root(first), _root(second)
    cross = float(np.linalg.svd(one @ two.T, compute_uv=False).sum())
    spread = float((one**2).sum() + (two**2).sum())
    return max(0.0, float(shift @ shift) + spread - 2 * cross)


def _root(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """A matrix R [min(N, D), D] with R^T R = the covariance."""
    centred: NDArray[np.float64] = (features - features.mean(0)) / np.sqrt(len(features) - 1)
    if len(centred) <= centred.shape[1]:
        return centred
    return np.asarray(np.linalg.qr(centred, mode="r"))
