"""Images: reading and writing still pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from styletalker.core.errors import InputError, compose
from styletalker.core.files import atomic_path

__all__ = ["write_png"]


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an image [H, W, 3], uint8, RGB, atomically.

    Raises:
        InputError: it is not such an array.
        RunError: the file cannot be written.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        given = f"{image.dtype} {image.shape}"
        raise InputError(compose("not an image", expected="uint8 [H, W, 3]", given=given))
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG")
