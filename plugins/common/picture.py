"""The check that face analysers share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["check_picture"]

_CHANNELS = 3


def check_picture(image: NDArray[np.uint8]) -> None:
    """Raise InputError unless *image* is uint8 [H, W, 3] with at least one pixel."""
    array = np.asarray(image)
    right = array.ndim == _CHANNELS and array.shape[-1] == _CHANNELS and array.size > 0
    if not right or array.dtype != np.uint8:
        given = f"{array.dtype} {array.shape}"
        problem = "faces cannot be looked for in this image"
        raise InputError(compose(problem, expected="uint8 [H, W, 3]", given=given))
