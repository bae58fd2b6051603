"""The picture a talk is shown in: the square around the face, or the whole portrait around it."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.media.crop import Square, crop_square, resize

__all__ = ["Canvas", "whole_canvas"]

_LONGEST = 1920
"""Longest side of a video in pixels, unless a size is asked for: full HD."""


@attrs.frozen(kw_only=True, eq=False)
class Canvas:
    """What the generator sees of a portrait, and where its frames go."""

    image: NDArray[np.uint8]
    """The square [R, R, 3] around the face."""
    around: NDArray[np.uint8] | None = None
    """The whole picture [H, W, 3] at the square's scale; None if only the square is shown."""
    left: int = 0
    """Column of the square's first pixel in the whole picture; may lie outside."""
    top: int = 0
    """Row of its first pixel."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the frames that are shown."""
        shown = self.image if self.around is None else self.around
        return shown.shape[0], shown.shape[1]

    def show(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A frame [R, R, 3] where it belongs: [H, W, 3]."""
        if self.around is None:
            return frame
        height, width = self.size
        side = len(frame)
        rows = slice(max(self.top, 0), min(self.top + side, height))
        columns = slice(max(self.left, 0), min(self.left + side, width))
        shown = self.around.copy()
        shown[rows, columns] = frame[
            rows.start - self.top : rows.stop - self.top,
            columns.start - self.left : columns.stop - self.left,
        ]
        return shown


def whole_canvas(
    picture: NDArray[np.uint8], square: Square, *, resolution: int, size: int | None
) -> Canvas:
    """The whole *picture* with the square around the face at a size the generator can make.

    The picture is never enlarged unless *size* asks for it, and shrunk so that the square has at
    most *resolution* pixels a side and the video at most 1920.

    Args:
        picture: [H, W, 3].
        square: in the picture's pixels.
        resolution: the generator's own.
        size: pixels a side of the square; None to choose.
    """
    height, width = picture.shape[:2]
    if size is None:
        most = min(resolution, square.side)
        side = int(min(most, square.side * _LONGEST / max(height, width)))
    else:
        side = size
    side -= side % 2
    if square.side - side in (0, 1):  # as it is: resampling would only soften it
        scale, scaled = 1.0, picture[: height - height % 2, : width - width % 2]
    else:
        scale = side / square.side
        scaled = resize(picture, (_even(height * scale), _even(width * scale)))
    left, top = round(square.left * scale), round(square.top * scale)
    image = crop_square(scaled, Square(left=left, top=top, side=side))
    return Canvas(image=image, around=scaled, left=left, top=top)


def _even(length: float) -> int:
    """The nearest even number, at least 2: encoders take no odd sizes."""
    return max(2, 2 * round(length / 2))
