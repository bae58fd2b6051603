"""Primitives the mouth and the eyes are drawn with: boxes, exact coverage, texture coordinates.

Pixel coordinates have their centres at integers: pixel 0 covers -0.5 to 0.5. Nothing here
keeps state, so frames can be drawn in any order, and nothing snaps to whole pixels, so a
small movement makes a small change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import attrs
import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "Box",
    "blend_colour",
    "box_around",
    "coverage",
    "kernel",
    "read_channel",
    "read_table",
    "read_texture",
    "smooth_step",
    "texture_coordinates",
]

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def kernel(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """*function* as machine code: cached on disk, fast floating point, other threads run on."""
    fast: Callable[_Arguments, _Result] = njit(cache=True, fastmath=True, nogil=True)(function)
    return fast


@attrs.frozen(kw_only=True)
class Box:
    """A rectangle of whole pixels inside a picture."""

    left: int
    """First column."""
    top: int
    """First row."""
    width: int
    """Columns, at least 1."""
    height: int
    """Rows, at least 1."""

    def of(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """The part of *picture* [H, W, ...] inside the box, as a view."""
        bottom, right = self.top + self.height, self.left + self.width
        return picture[self.top : bottom, self.left : right]


def box_around(points: NDArray[np.floating], margin: float, width: int, height: int) -> Box | None:
    """The box around *points* [N, 2] and *margin* px more, cut to a *width* x *height* picture.

    None where nothing of it is inside the picture.
    """
    low = np.floor(points.min(0) - margin).astype(int)
    high = np.ceil(points.max(0) + margin).astype(int) + 1
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), width), min(int(high[1]), height)
    if right <= left or bottom <= top:
        return None
    return Box(left=left, top=top, width=right - left, height=bottom - top)


@kernel
def smooth_step(start: float, stop: float, x: float) -> float:
    """0 at *start*, 1 at *stop* (which may lie below), smooth between and constant beyond."""
    t = min(max((x - start) / (stop - start), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@kernel
def read_table(table: np.ndarray, place: float) -> float:
    """Value of *table* [n] between its entries at *place*, 0 to n - 1."""
    i = min(int(place), table.shape[0] - 2)
    value: float = table[i] + (place - i) * (table[i + 1] - table[i])
    return value


@kernel
def read_channel(picture: np.ndarray, u: float, v: float, k: int) -> float:
    """Channel *k* of *picture* [h, w, .] at column *u* and row *v*, bilinear."""
    rows, columns = picture.shape[0], picture.shape[1]
    u, v = min(max(u, 0.0), columns - 1.001), min(max(v, 0.0), rows - 1.001)
    i, j = int(v), int(u)
    p, q = v - i, u - j
    above = picture[i, j, k] * (1 - q) + picture[i, j + 1, k] * q
    below = picture[i + 1, j, k] * (1 - q) + picture[i + 1, j + 1, k] * q
    value: float = above * (1 - p) + below * p
    return value


@kernel
def read_texture(texture: np.ndarray, u: float, v: float, out: np.ndarray) -> None:
    """Fill *out* with all channels of *texture* [h, w, K] at column *u* and row *v*, bilinear."""
    rows, columns, channels = texture.shape
    u, v = min(max(u, 0.0), columns - 1.001), min(max(v, 0.0), rows - 1.001)
    i, j = int(v), int(u)
    p, q = v - i, u - j
    for k in range(channels):
        above = texture[i, j, k] * (1 - q) + texture[i, j + 1, k] * q
        below = texture[i + 1, j, k] * (1 - q) + texture[i + 1, j + 1, k] * q
        out[k] = above * (1 - p) + below * p


@kernel
def blend_colour(colour: np.ndarray, top: np.ndarray, opacity: float) -> None:
    """Lay *top* over *colour*, the first three channels, in place."""
    for k in range(3):
        colour[k] += opacity * (top[k] - colour[k])


@kernel
def _ramp_integral(z: float) -> float:
    """Integral of clip(z, 0, 1)."""
    if z <= 0.0:
        return 0.0
    if z < 1.0:
        return 0.5 * z * z
    return z - 0.5


@kernel
def _add_row(out: np.ndarray, xa: float, xb: float, height: float) -> None:
    """Add an edge from *xa* to *xb* to a row [w], as differences along it.

    A pixel takes *height* times the mean part of it that is right of the edge.
    """
    columns = out.shape[0]
    if xb < 0.0:
        out[0] += height
        return
    first, last = max(int(np.floor(xa)), 0), min(int(np.floor(xb)) + 1, columns - 1)
    before = 0.0
    for x in range(first, last + 1):
        if xb - xa < 1e-6:
            share = min(max(x + 1.0 - xa, 0.0), 1.0)
        else:
            share = (_ramp_integral(x + 1.0 - xa) - _ramp_integral(x + 1.0 - xb)) / (xb - xa)
        out[x] += height * (share - before)
        before = share
    if first <= last < columns - 1:
        out[last + 1] += height * (1.0 - before)


@kernel
def _signed_area(polygon: np.ndarray, left: float, top: float, out: np.ndarray) -> None:
    """Fill *out* [h, w] with the signed area of *polygon* in each pixel."""
    rows, columns = out.shape
    count = polygon.shape[0]
    for i in range(count):
        x0, y0 = polygon[i, 0] - left, polygon[i, 1] - top
        x1, y1 = polygon[(i + 1) % count, 0] - left, polygon[(i + 1) % count, 1] - top
        sign = 1.0
        if y0 > y1:
            x0, y0, x1, y1, sign = x1, y1, x0, y0, -1.0
        slope = (x1 - x0) / max(y1 - y0, 1e-12)
        for y in range(max(int(y0), 0), min(int(np.ceil(y1)), rows)):
            start, stop = max(float(y), y0), min(y + 1.0, y1)
            xa, xb = x0 + (start - y0) * slope, x0 + (stop - y0) * slope
            _add_row(out[y], min(xa, xb), max(xa, xb), sign * (stop - start))
    for y in range(rows):
        for x in range(1, columns):
            out[y, x] += out[y, x - 1]


@kernel
def _texture_coordinates(
    screen: np.ndarray, triangles: np.ndarray, values: np.ndarray, left: int, top: int,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Fill *out* with the values of the last triangle that covers each pixel."""
    rows, columns, _ = out.shape
    channels = values.shape[1]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0] - left, screen[a, 1] - top
        dx1, dy1 = screen[b, 0] - left - x0, screen[b, 1] - top - y0
        dx2, dy2 = screen[c, 0] - left - x0, screen[c, 1] - top - y0
        area = dx1 * dy2 - dx2 * dy1
        if area < 1e-6:  # seen from behind
            continue
        inverse = 1.0 / area
        first = max(int(np.ceil(x0 + min(0.0, dx1, dx2))), 0)
        last = min(int(np.floor(x0 + max(0.0, dx1, dx2))), columns - 1)
        upper = max(int(np.ceil(y0 + min(0.0, dy1, dy2))), 0)
        lower = min(int(np.floor(y0 + max(0.0, dy1, dy2))), rows - 1)
        for y in range(upper, lower + 1):
            for x in range(first, last + 1):
                px, py = x - x0, y - y0
                w1, w2 = (px * dy2 - py * dx2) * inverse, (dx1 * py - dy1 * px) * inverse
                if w1 >= -1e-4 and w2 >= -1e-4 and w1 + w2 <= 1.0001:
                    w0 = 1.0 - w1 - w2
                    for k in range(channels):
                        out[y, x, k] = w0 * values[a, k] + w1 * values[b, k] + w2 * values[c, k]


def coverage(polygon: NDArray[np.floating], box: Box) -> NDArray[np.float32]:
    """Part of each pixel of *box* [h, w] that *polygon* [N, 2] covers, 0 to 1, exactly.

    The polygon must run clockwise as seen (row axis down). Where it runs the other way, as
    between lips that have passed each other, it covers nothing.
    """
    out = np.zeros((box.height, box.width), np.float32)
    points = np.ascontiguousarray(polygon, np.float64)
    _signed_area(points, box.left - 0.5, box.top - 0.5, out)
    return np.clip(-out, 0.0, 1.0, out=out)


def texture_coordinates(
    screen: NDArray[np.floating],
    triangles: NDArray[np.int32],
    values: NDArray[np.float32],
    box: Box,
) -> NDArray[np.float32]:
    """*values* [V, K] of a mesh over the pixels of *box* [h, w, K]; -1 where it is not seen.

    Triangles [T, 3] that run anticlockwise on the screen are seen from behind and left out;
    later ones cover earlier ones.
    """
    out = np.full((box.height, box.width, values.shape[1]), -1.0, np.float32)
    points = np.ascontiguousarray(screen[:, :2], np.float64)
    _texture_coordinates(points, triangles, values, box.left, box.top, out)
    return out
