"""The light on a face, estimated from the photo, and how it changes when the surface turns."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import FloatArray

__all__ = ["Light", "estimate_light", "normals_of"]

_STRENGTH = 0.6
"""Part of the computed change that is shown: skin also scatters, and the estimate is coarse."""
_FLOOR = 0.35
"""Least light, as a part of the average: shadows are never black."""
_LEAST, _MOST = 0.82, 1.16
_ROUNDS = 4


@attrs.frozen(kw_only=True, eq=False)
class Light:
    """Brightness as a linear function of the normal: ambient and one soft direction."""

    ambient: float
    """Brightness of a surface across the light, 1 is the average of the face."""
    direction: NDArray[np.float64]
    """[3] in camera axes: brightness added where the normal points there."""

    def of(self, normals: FloatArray) -> FloatArray:
        """Brightness [N] of surfaces with unit *normals* [N, 3]."""
        return np.maximum(self.ambient + normals @ self.direction, _FLOOR)

    def change(self, normals: FloatArray, rest: FloatArray) -> FloatArray:
        """Factors [N] of brightness when normals [N, 3] become those from those at *rest*."""
        ratio = self.of(normals) / self.of(rest)
        return np.clip(1 + _STRENGTH * (ratio - 1), _LEAST, _MOST)


def normals_of(points: FloatArray, triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    """Unit normals [V, 3] of a mesh, triangles weighted by their area."""
    from styletalker.plugins.puppet.raster import smooth_normals

    normals = np.empty(points.shape, np.float64)
    smooth_normals(points, triangles, normals)
    return normals


def estimate_light(brightness: FloatArray, normals: FloatArray) -> Light:
    """The light under which skin of one colour with *normals* [N, 3] has *brightness* [N].

    Brows, beard and shadows are outliers: a robust fit leaves them out.
    """
    mean = max(float(np.median(brightness)), 1.0)
    wanted = brightness / mean
    design = np.concatenate([np.ones((len(normals), 1)), normals], 1)
    trust = np.ones(len(normals))
    solution = np.array([1.0, 0.0, 0.0, 0.0])
    pull = np.diag([1e-3, 0.02, 0.02, 0.02]) * len(normals)
    for _ in range(_ROUNDS):
        weighted = design * trust[:, None]
        right = weighted.T @ wanted + pull @ np.array([1.0, 0, 0, 0])
        solution = np.linalg.solve(weighted.T @ design + pull, right)
        trust = 1 / (1 + np.square((design @ solution - wanted) / 0.12))
    return Light(ambient=float(solution[0]), direction=solution[1:])
