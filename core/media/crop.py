"""Cropping and resizing pictures: squares around a face, also beyond the picture's edge."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from styletalker.core.errors import InputError, compose

__all__ = ["Edge", "Square", "crop_square", "resize", "to_size"]

Edge = Literal["reflect", "replicate"]
"""What stands beyond the edge: the picture mirrored, or its outermost pixels repeated."""
_LARGEST = 16384
"""Longest side of a crop or resized picture: beyond any generator, and a bound on memory."""


@attrs.frozen
class Square:
    """A square region of a picture, in pixels; it may reach beyond the picture."""

    left: int
    """Column of its first pixel; negative is left of the picture."""
    top: int
    """Row of its first pixel."""
    side: int
    """Width and height, at least 1."""


def resize(image: NDArray[np.uint8], size: int | tuple[int, int]) -> NDArray[np.uint8]:
    """A picture [H, W, 3] at another size; antialiased (bicubic, widened when it shrinks).

    Args:
        image: uint8 RGB.
        size: new side of a square, or (height, width), each 1 to 16384.

    Raises:
        InputError: the picture or the size is not valid.
    """
    _check(image)
    height, width = (size, size) if isinstance(size, int) else size
    if not (1 <= height <= _LARGEST and 1 <= width <= _LARGEST):
        expected = f"1 to {_LARGEST} pixels"
        raise InputError(compose("size", expected=expected, given=(height, width)))
    if image.shape[:2] == (height, width):
        return image.copy()
    changed = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    return np.array(changed, np.uint8)


def crop_square(
    image: NDArray[np.uint8], box: Square, *, edge: Edge = "reflect"
) -> NDArray[np.uint8]:
    """The pixels [side, side, 3] of a square; beyond the picture's edge it goes on as *edge* says.

    Raises:
        InputError: the picture, the box or *edge* is not valid.
    """
    _check(image)
    if not 1 <= box.side <= _LARGEST:
        expected = f"1 to {_LARGEST} pixels"
        raise InputError(compose("side of the square", expected=expected, given=box.side))
    if edge not in ("reflect", "replicate"):
        raise InputError(compose("no such edge", name=edge, choices=("reflect", "replicate")))
    rows = _indices(box.top, box.side, image.shape[0], edge)
    columns = _indices(box.left, box.side, image.shape[1], edge)
    return image[rows][:, columns]


def to_size(
    image: NDArray[np.uint8], size: int, *, box: Square | None = None, edge: Edge = "reflect"
) -> NDArray[np.uint8]:
    """A portrait as a square [size, size, 3]: cropped to *box*, or to its largest centred square.

    Raises:
        InputError: as :func:`crop_square` and :func:`resize`.
    """
    _check(image)
    if box is None:
        height, width = image.shape[:2]
        side = min(height, width)
        box = Square(left=(width - side) // 2, top=(height - side) // 2, side=side)
    return resize(crop_square(image, box, edge=edge), size)


def _indices(first: int, count: int, length: int, edge: Edge) -> NDArray[np.intp]:
    """Which of *length* pixels stand at positions *first* ... of a line without end."""
    wanted = np.arange(first, first + count)
    if edge == "replicate" or length == 1:
        return np.clip(wanted, 0, length - 1)
    period = 2 * (length - 1)  # mirrored at the middle of the outermost pixel, which is not doubled
    folded = np.mod(wanted, period)
    return np.where(folded < length, folded, period - folded)


def _check(image: NDArray[np.uint8]) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        given = f"{image.dtype} {image.shape}"
        raise InputError(compose("not an image", expected="uint8 [H, W, 3]", given=given))
