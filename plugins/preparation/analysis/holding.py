"""Pixels that are kept until a clip's window is known: the face's surroundings, not the picture."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.preparation.analysis.patch import patch_of
from styletalker.plugins.preparation.analysis.results import Window

__all__ = ["Held", "Holder"]

FloatArray = NDArray[np.float64]

_OVERSIZE = 1.5
"""Kept pixels are at most so many (squared, about twice as many) for one of the crop."""
_MARGIN = 0.35
"""Part of the window's side that is kept around it on each side: heads move, and one window serves
the whole clip."""
_MOVE_AT = 0.12
"""The kept region moves along when the window is this part of its side away from its middle."""


@attrs.frozen(eq=False)
class Held:
    """A region of a picture, shrunk by a whole number."""

    image: NDArray[np.uint8]
    """[h, w, 3], on the grid of the shrunk picture."""
    left: int
    """Its first column on that grid."""
    top: int
    """Its first row."""
    shrink: int
    """Pixels of the picture in one of the grid, along a side."""
    whole: tuple[int, int]
    """Rows and columns of the whole grid."""

    def crop(self, window: Window, size: int) -> NDArray[np.uint8]:
        """The window (in the picture's pixels) as [size, size, 3]; mirrored beyond the picture."""
        if window.tilt_deg:
            return self._turned(window, size)
        side = round(window.side / self.shrink)
        rows = _indices(round(window.top / self.shrink), side, self.whole[0]) - self.top
        columns = _indices(round(window.left / self.shrink), side, self.whole[1]) - self.left
        height, width = self.image.shape[:2]
        if _straight(rows, height) and _straight(columns, width):
            piece = self.image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        else:
            piece = self.image[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
        if side == size:
            return np.array(piece, np.uint8)
        how = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(piece, (size, size), interpolation=how), np.uint8)

    def _turned(self, window: Window, size: int) -> NDArray[np.uint8]:
        middle = window.to_input(np.full((1, 2), size / 2), size)[0] / self.shrink
        centre = middle - (self.left, self.top)
        tilt = float(np.radians(window.tilt_deg))
        width = window.side / self.shrink
        return patch_of(self.image, centre, width, tilt, size, fine=True).image


class Holder:
    """Keeps the surroundings of one face, frame by frame."""

    def __init__(self, size: int, side: float, shorter: int) -> None:
        """For crops of *size* of windows of about *side*, in pictures of that shorter side."""
        self.shrink = max(1, min(int(side / (_OVERSIZE * size)), shorter // size))
        self.side = side
        self._centre: FloatArray | None = None

    def hold(self, picture: NDArray[np.uint8], centre: FloatArray) -> Held:
        """The region of a picture [H, W, 3] around the window's *centre* [2]."""
        if self._centre is None or np.abs(centre - self._centre).max() > _MOVE_AT * self.side:
            self._centre = np.asarray(centre, np.float64)
        n = self.shrink
        rows, columns = picture.shape[0] // n, picture.shape[1] // n
        reach = (0.5 + _MARGIN) * self.side
        left, right = _span(self._centre[0], reach, n, columns)
        top, bottom = _span(self._centre[1], reach, n, rows)
        region = picture[top * n : bottom * n, left * n : right * n]
        if n > 1:
            size = (right - left, bottom - top)
            region = np.asarray(cv2.resize(region, size, interpolation=cv2.INTER_AREA), np.uint8)
        else:
            region = region.copy()  # not a view: it would keep the whole picture in memory
        return Held(region, left, top, n, (rows, columns))


def _span(centre: float, reach: float, grid: int, length: int) -> tuple[int, int]:
    """First and last + 1 cell of a region along one axis, at least one inside of the picture."""
    first = min(max(0, int((centre - reach) // grid)), length - 1)
    last = max(min(length, int((centre + reach) // grid) + 1), first + 1)
    return first, last


def _straight(indices: NDArray[np.intp], length: int) -> bool:
    """Whether *indices* are all of *length* in a row, without a mirror."""
    first, last = int(indices[0]), int(indices[-1])
    return 0 <= first <= last < length and last - first == len(indices) - 1


def _indices(first: int, count: int, length: int) -> NDArray[np.intp]:
    """Which of *length* cells stand at positions *first* ... of a line that is mirrored."""
    wanted = np.arange(first, first + count)
    if length == 1:
        return np.zeros_like(wanted)
    period = 2 * (length - 1)
    folded = np.mod(wanted, period)
    return np.where(folded < length, folded, period - folded)
