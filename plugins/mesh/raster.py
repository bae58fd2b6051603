"""Kernels: attributes of a mesh on the screen, the inverse of a smooth shift, and their blend.

Screen coordinates are pixels with a pixel's centre at a whole number. Loops are written out
because numba turns them into tight machine code.
"""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.compiled import compiled

__all__ = ["blend", "inverse_shift", "rasterise_attributes"]

_FAR = -1e9
_SLACK = 1e-4
"""Weights may be this much outside a triangle: no pinholes where two of them meet."""


@compiled
def rasterise_attributes(
    screen: np.ndarray,
    triangles: np.ndarray,
    attributes: np.ndarray,
    left: int,
    top: int,
    depth: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill *out* [H, W, A] with the *attributes* [V, A] of the nearest surface.

    Back faces are not drawn, and *out* keeps its values where there is no surface. *out*'s first
    pixel is column *left* and row *top* of *screen* [V, 3] (column, row, depth); *depth* [H, W]
    is overwritten.
    """
    rows, columns = depth.shape
    count = attributes.shape[1]
    depth[:] = _FAR
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0 = screen[a, 0] - left, screen[a, 1] - top
        dx1, dy1 = screen[b, 0] - left - x0, screen[b, 1] - top - y0
        dx2, dy2 = screen[c, 0] - left - x0, screen[c, 1] - top - y0
        area = dx1 * dy2 - dx2 * dy1
        if area > -1e-7:
            continue
        first = max(int(np.ceil(min(0.0, dx1, dx2) + x0)), 0)
        last = min(int(np.floor(max(0.0, dx1, dx2) + x0)) + 1, columns)
        upper = max(int(np.ceil(min(0.0, dy1, dy2) + y0)), 0)
        lower = min(int(np.floor(max(0.0, dy1, dy2) + y0)) + 1, rows)
        inverse = 1.0 / area
        for y in range(upper, lower):
            for x in range(first, last):
                px, py = x - x0, y - y0
                w1 = (px * dy2 - py * dx2) * inverse
                w2 = (dx1 * py - dy1 * px) * inverse
                if w1 >= -_SLACK and w2 >= -_SLACK and w1 + w2 <= 1.0 + _SLACK:
                    w0 = 1.0 - w1 - w2
                    z = w0 * screen[a, 2] + w1 * screen[b, 2] + w2 * screen[c, 2]
                    if z > depth[y, x]:
                        depth[y, x] = z
                        for k in range(count):
                            out[y, x, k] = (
                                w0 * attributes[a, k]
                                + w1 * attributes[b, k]
                                + w2 * attributes[c, k]
                            )


@compiled
def inverse_shift(shift: np.ndarray, steps: int, out: np.ndarray) -> None:
    """Fill *out* [M, N, 2] with the shift back from every node of a lattice.

    *shift* [M, N, 2] says how far (columns, rows, in cells) the content of each node moves; *out*
    how far away the content that arrives at a node came from. Solved by fixed-point steps; at
    nodes of the edge both are 0.
    """
    rows, columns = shift.shape[0], shift.shape[1]
    out[:] = 0.0
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            u, v = 0.0, 0.0
            for _ in range(steps):
                x = min(max(j + u, 0.0), columns - 1.001)
                y = min(max(i + v, 0.0), rows - 1.001)
                c, r = int(x), int(y)
                fx, fy = x - c, y - r
                w00, w01 = (1 - fx) * (1 - fy), fx * (1 - fy)
                w10, w11 = (1 - fx) * fy, fx * fy
                du = (
                    w00 * shift[r, c, 0] + w01 * shift[r, c + 1, 0]
                    + w10 * shift[r + 1, c, 0] + w11 * shift[r + 1, c + 1, 0]
                )  # fmt: skip
                dv = (
                    w00 * shift[r, c, 1] + w01 * shift[r, c + 1, 1]
                    + w10 * shift[r + 1, c, 1] + w11 * shift[r + 1, c + 1, 1]
                )  # fmt: skip
                u, v = 0.2 * u - 0.8 * du, 0.2 * v - 0.8 * dv
            out[i, j, 0], out[i, j, 1] = u, v


@compiled
def blend(
    inverse: np.ndarray,
    step_x: float,
    step_y: float,
    left: int,
    top: int,
    face: np.ndarray,
    face_left: int,
    face_top: int,
    fade: np.ndarray,
    map_x: np.ndarray,
    map_y: np.ndarray,
    gain: np.ndarray,
) -> None:
    """Fill *map_x*, *map_y* [H, W] with where each pixel comes from, *gain* with its light.

    Args:
        inverse: [M, N, 2] shifts back at the lattice's nodes, px.
        step_x: columns between two nodes.
        step_y: rows between two nodes.
        left: column of the maps' first pixel.
        top: row of the maps' first pixel.
        face: [h, w, 4] of the face: source column and row, cover, light.
        face_left: column of *face*'s first pixel.
        face_top: row of *face*'s first pixel.
        fade: [max(rows, columns) of the picture] how much may change, by distance to its edge.
        map_x: source columns.
        map_y: source rows.
        gain: factors of brightness.
    """
    rows, columns = map_x.shape
    last_row, last_column = inverse.shape[0] - 2, inverse.shape[1] - 2
    whole_rows = round(step_y * (inverse.shape[0] - 1))
    whole_columns = round(step_x * (inverse.shape[1] - 1))
    for i in range(rows):
        y = i + top
        r = min(int(y / step_y), last_row)
        fy = y / step_y - r
        border_y = min(y, whole_rows - y)
        face_row = y - face_top
        in_rows = 0 <= face_row < face.shape[0]
        for j in range(columns):
            x = j + left
            c = min(int(x / step_x), last_column)
            fx = x / step_x - c
            w00, w01 = (1 - fx) * (1 - fy), fx * (1 - fy)
            w10, w11 = (1 - fx) * fy, fx * fy
            u = (
                w00 * inverse[r, c, 0] + w01 * inverse[r, c + 1, 0]
                + w10 * inverse[r + 1, c, 0] + w11 * inverse[r + 1, c + 1, 0]
            )  # fmt: skip
            v = (
                w00 * inverse[r, c, 1] + w01 * inverse[r, c + 1, 1]
                + w10 * inverse[r + 1, c, 1] + w11 * inverse[r + 1, c + 1, 1]
            )  # fmt: skip
            light = 1.0
            face_column = x - face_left
            if in_rows and 0 <= face_column < face.shape[1]:
                cover = face[face_row, face_column, 2]
                if cover > 0.0:
                    cover *= fade[min(border_y, min(x, whole_columns - x))]
                    u += cover * (face[face_row, face_column, 0] - x - u)
                    v += cover * (face[face_row, face_column, 1] - y - v)
                    light += cover * (face[face_row, face_column, 3] - 1.0)
            map_x[i, j], map_y[i, j] = x + u, y + v
            gain[i, j] = light
