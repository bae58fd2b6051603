"""The rasteriser: which triangle is seen at each sample, and smooth normals.

Screen coordinates are pixels, x right and y down; depth is in cm and larger is nearer.
Loops are written out because numba turns them into tight machine code.
"""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.compiled import compiled

__all__ = ["NOTHING", "rasterise", "rasterise_depth", "smooth_normals"]

NOTHING = -1
"""Triangle number of a sample that shows the background."""
_FAR = -1e9
_SLACK = 1e-5
"""Weights may be this much outside a triangle: no pinholes where two of them meet."""


@compiled
def smooth_normals(points: np.ndarray, triangles: np.ndarray, normals: np.ndarray) -> None:
    """Fill *normals* [V, 3] with unit normals, triangles weighted by their area."""
    normals[:] = 0.0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = (
            points[b, 0] - points[a, 0],
            points[b, 1] - points[a, 1],
            points[b, 2] - points[a, 2],
        )
        vx, vy, vz = (
            points[c, 0] - points[a, 0],
            points[c, 1] - points[a, 1],
            points[c, 2] - points[a, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for v in range(normals.shape[0]):
        length = (normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2) ** 0.5 + 1e-9
        normals[v, 0] /= length
        normals[v, 1] /= length
        normals[v, 2] /= length


@compiled
def _edges(
    screen: np.ndarray,
    triangles: np.ndarray,
    two_sided: np.ndarray,
    t: int,
    rows: int,
    columns: int,
) -> tuple[int, int, int, int, float, float, float, float, float, float]:
    """Where triangle *t* may cover pixels, and its barycentric weights there.

    Returns left, right, top and bottom of the pixels (right and bottom are excluded; right is 0
    where nothing is to be drawn), then the weights of the second and the third corner at
    the middle of the first pixel, then their steps to the right and down.
    """
    a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    x0, y0 = screen[a, 0], screen[a, 1]
    dx1, dy1 = screen[b, 0] - x0, screen[b, 1] - y0
    dx2, dy2 = screen[c, 0] - x0, screen[c, 1] - y0
    area = dx1 * dy2 - dx2 * dy1
    if -1e-7 < area < 1e-7 or (area > 0 and not two_sided[t]):
        return 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    left = max(int(min(0.0, dx1, dx2) + x0 + 0.5), 0)
    right = min(int(max(0.0, dx1, dx2) + x0 + 0.5), columns)
    top = max(int(min(0.0, dy1, dy2) + y0 + 0.5), 0)
    bottom = min(int(max(0.0, dy1, dy2) + y0 + 0.5), rows)
    inverse = 1.0 / area
    right1, down1, right2, down2 = dy2 * inverse, -dx2 * inverse, -dy1 * inverse, dx1 * inverse
    px, py = left + 0.5 - x0, top + 0.5 - y0
    first1, first2 = px * right1 + py * down1, px * right2 + py * down2
    return left, right, top, bottom, first1, first2, right1, down1, right2, down2


@compiled
def _has_strand(
    texture: np.ndarray, uv: np.ndarray, cut: np.ndarray, a: int, b: int, c: int,
    w1: float, w2: float,
) -> bool:  # fmt: skip
    """Whether the strand at the weights *w1* and *w2* of a triangle is thick enough to be drawn."""
    w0 = 1.0 - w1 - w2
    u = w0 * uv[a, 0] + w1 * uv[b, 0] + w2 * uv[c, 0]
    v = w0 * uv[a, 1] + w1 * uv[b, 1] + w2 * uv[c, 1]
    row = min(max(int(v * texture.shape[0]), 0), texture.shape[0] - 1)
    column = min(max(int(u * texture.shape[1]), 0), texture.shape[1] - 1)
    limit = w0 * cut[a] + w1 * cut[b] + w2 * cut[c]
    thick: bool = texture[row, column, 3] >= limit
    return thick


@compiled
def rasterise(
    screen: np.ndarray,
    triangles: np.ndarray,
    two_sided: np.ndarray,
    cutout: np.ndarray,
    cut: np.ndarray,
    uv: np.ndarray,
    texture: np.ndarray,
    depth: np.ndarray,
    seen: np.ndarray,
) -> None:
    """Fill *depth* [H, W] and *seen* [H, W] with the nearest surface and its triangle.

    Args:
        screen: [V, 3] column, row, depth of the vertices.
        triangles: [T, 3] vertices of each triangle.
        two_sided: [T] whether the inside of a triangle is drawn too.
        cutout: [T] whether strands are left out of a triangle.
        cut: [V] strands thinner than this are left out.
        uv: [V, 2] atlas position.
        texture: [h, w, 4] the atlas; the fourth channel is the strands' thickness.
        depth: [H, W] depth of the nearest surface, cm.
        seen: [H, W] its triangle, or NOTHING.
    """
    rows, columns = depth.shape
    depth[:] = _FAR
    seen[:] = NOTHING
    for t in range(triangles.shape[0]):
        left, right, top, bottom, first1, first2, right1, down1, right2, down2 = _edges(
            screen, triangles, two_sided, t, rows, columns
        )
        if right <= left or bottom <= top:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        z0 = screen[a, 2]
        z1, z2 = screen[b, 2] - z0, screen[c, 2] - z0
        for y in range(top, bottom):
            w1 = first1 + (y - top) * down1
            w2 = first2 + (y - top) * down2
            for x in range(left, right):
                if w1 >= -_SLACK and w2 >= -_SLACK and w1 + w2 <= 1.0 + _SLACK:
                    z = z0 + w1 * z1 + w2 * z2
                    if z > depth[y, x] and (
                        not cutout[t] or _has_strand(texture, uv, cut, a, b, c, w1, w2)
                    ):
                        depth[y, x] = z
                        seen[y, x] = t
                w1 += right1
                w2 += right2


@compiled
def rasterise_depth(
    screen: np.ndarray,
    triangles: np.ndarray,
    two_sided: np.ndarray,
    casters: np.ndarray,
    depth: np.ndarray,
) -> None:
    """Fill *depth* [H, W] with the nearest surface of the triangles numbered in *casters*."""
    rows, columns = depth.shape
    depth[:] = _FAR
    for t in casters:
        left, right, top, bottom, first1, first2, right1, down1, right2, down2 = _edges(
            screen, triangles, two_sided, t, rows, columns
        )
        if right <= left or bottom <= top:
            continue
        z0 = screen[triangles[t, 0], 2]
        z1, z2 = screen[triangles[t, 1], 2] - z0, screen[triangles[t, 2], 2] - z0
        for y in range(top, bottom):
            w1 = first1 + (y - top) * down1
            w2 = first2 + (y - top) * down2
            for x in range(left, right):
                if w1 >= -_SLACK and w2 >= -_SLACK and w1 + w2 <= 1.0 + _SLACK:
                    depth[y, x] = max(depth[y, x], z0 + w1 * z1 + w2 * z2)
                w1 += right1
                w2 += right2
