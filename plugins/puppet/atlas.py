"""The texture atlas: one image with a tile for every kind of surface.

The first three channels are linear albedo; the fourth is gloss, except on the hair tile,
where it is the thickness of the strand (what a cutout compares against).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import Field, FloatArray
from styletalker.plugins.puppet.palettes import RGB

__all__ = ["TILES", "Atlas", "skin_uv"]

_ROWS, _COLUMNS = 1024, 896
TILES: dict[str, tuple[int, int, int, int]] = {
    "skin": (0, 0, 576, 896),
    "hair": (576, 0, 256, 512),
    "cloth": (576, 512, 256, 256),
    "teeth": (832, 0, 64, 256),
    "gum": (896, 0, 16, 16),
    "tongue": (896, 16, 16, 16),
    "frame": (896, 32, 16, 16),
    "lash": (896, 48, 16, 64),
    "headwear": (832, 256, 192, 256),
    "eye": (832, 512, 192, 192),
    "inner": (832, 704, 64, 64),
    "neck": (912, 0, 112, 256),
}
"""Row, column, height and width of every tile in pixels."""

_MARGIN = 2
"""Unused pixels at a tile's edges, so that the coarser levels do not mix neighbours."""
_LEVELS = 3
SKIN_TOP, SKIN_HEIGHT, SKIN_TURN = 12.0, 25.2, 2.8
"""Level of the skin tile's first row, cm; its height, cm; azimuth of its side edges, radians."""
_SQUEEZE = 0.6
"""Squeezes the back of the head: the face gets 2.4 times its resolution."""


class Atlas:
    """A texture being painted; :attr:`pixels` is what the shading kernel reads."""

    def __init__(self) -> None:
        self.pixels: NDArray[np.float32] = np.zeros((_ROWS, _COLUMNS, 4), np.float32)

    def put(self, tile: str, colour: FloatArray | RGB, gloss: Field = 0.0) -> None:
        """Fill *tile* with a colour [rows, columns, 3] (or one colour) and a gloss."""
        row, column, height, width = TILES[tile]
        target = self.pixels[row : row + height, column : column + width]
        target[..., :3] = colour
        target[..., 3] = gloss

    def levels(self) -> tuple[NDArray[np.float32], ...]:
        """The pixels at full, half and quarter resolution."""
        levels = [self.pixels]
        for _ in range(_LEVELS - 1):
            rows, columns = levels[-1].shape[:2]
            half = (columns // 2, rows // 2)
            coarser = cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA)
            levels.append(np.asarray(coarser, np.float32))
        return tuple(levels)

    @staticmethod
    def shape(tile: str) -> tuple[int, int]:
        """Rows and columns of *tile*."""
        return TILES[tile][2:]

    @staticmethod
    def uv(tile: str, across: Field, down: Field) -> FloatArray:
        """Atlas positions [..., 2] of points at *across* and *down* (0 to 1) within *tile*."""
        row, column, height, width = TILES[tile]
        across, down = np.broadcast_arrays(across, down)
        u = (column + _MARGIN + np.clip(across, 0, 1) * (width - 2 * _MARGIN)) / _COLUMNS
        v = (row + _MARGIN + np.clip(down, 0, 1) * (height - 2 * _MARGIN)) / _ROWS
        return np.stack([u, v], -1)


def skin_uv(theta: Field, level: Field) -> FloatArray:
    """Atlas positions of points of the skin at azimuth *theta* and *level*."""
    turn = np.arctan(_SQUEEZE * theta) / np.arctan(_SQUEEZE * SKIN_TURN)
    return Atlas.uv("skin", 0.5 + 0.5 * turn, (SKIN_TOP - level) / SKIN_HEIGHT)


def skin_grid() -> tuple[FloatArray, FloatArray]:
    """Azimuth [columns] and level [rows] of the pixels of the skin tile."""
    height, width = Atlas.shape("skin")
    turn = np.linspace(-1, 1, width) * np.arctan(_SQUEEZE * SKIN_TURN)
    return np.tan(turn) / _SQUEEZE, SKIN_TOP - SKIN_HEIGHT * np.linspace(0, 1, height)
