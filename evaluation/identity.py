"""CSIM: whether a video shows the same person.

**Which network, which pair.** The field's CSIM uses several networks and pairs; the numbers do
not compare. Here the network is dlib's (the name says so: ``CSIM-dlib``), whose vectors all point
into a similar direction: 0.9 is about where dlib's authors draw the line between two people.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from styletalker.core.errors import InputError, compose

__all__ = ["cosine_similarity", "similarity_to_one", "similarity_to_truth"]


def cosine_similarity(first: ArrayLike, second: ArrayLike) -> float:
    """Cosine of the angle between two vectors [E], -1 to 1; NaN if one is zero or not known."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        problem = "two identity vectors of one size are needed"
        raise InputError(compose(problem, expected=str(a.shape), given=b.shape))
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.clip(a @ b / scale, -1, 1)) if scale > 0 else float("nan")


def similarity_to_one(vectors: ArrayLike, reference: ArrayLike) -> float:
    """Mean cosine similarity of some frames' vectors [K, E] to one image's [E].

    Frames without a face (NaN) do not count. NaN if none is left.
    """
    return _mean([cosine_similarity(vector, reference) for vector in np.asarray(vectors)])


def similarity_to_truth(vectors: ArrayLike, truth: ArrayLike) -> float:
    """Mean cosine similarity of vectors [K, E] to those of the same ground-truth frames [K, E].

    Higher than :func:`similarity_to_one`, since pose and expression agree too. Frames in which
    either has no face (NaN) do not count. NaN if none is left.

    Raises:
        InputError: the numbers of frames differ.
    """
    ours, theirs = np.asarray(vectors), np.asarray(truth)
    if len(ours) != len(theirs):
        problem = "identity vectors of the same frames are needed"
        raise InputError(compose(problem, expected=f"{len(theirs)}", given=len(ours)))
    return _mean([cosine_similarity(a, b) for a, b in zip(ours, theirs, strict=True)])


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
