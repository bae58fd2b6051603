"""Vertex attributes side by side: a sample then reads three rows, not three times eight arrays."""

from __future__ import annotations

import numpy as np
from styletalker.plugins.puppet.compiled import compiled

__all__ = ["AO", "LIGHT", "NORMAL", "PACKED", "POINT", "SCREEN", "TANGENT", "UV", "pack"]

SCREEN, NORMAL, POINT, UV, AO, LIGHT, TANGENT = 0, 2, 5, 8, 10, 11, 14
"""First column of each attribute."""
PACKED = 17
"""Number of packed attributes."""


@compiled
def pack(
    screen: np.ndarray,
    normals: np.ndarray,
    points: np.ndarray,
    uv: np.ndarray,
    occlusion: np.ndarray,
    light_screen: np.ndarray,
    tangent: np.ndarray,
    packed: np.ndarray,
) -> None:
    """Fill *packed* [V, 17] with all vertex attributes side by side."""
    for v in range(points.shape[0]):
        for k in range(2):
            packed[v, SCREEN + k] = screen[v, k]
            packed[v, UV + k] = uv[v, k]
        for k in range(3):
            packed[v, NORMAL + k] = normals[v, k]
            packed[v, POINT + k] = points[v, k]
            packed[v, LIGHT + k] = light_screen[v, k]
            packed[v, TANGENT + k] = tangent[v, k]
        packed[v, AO] = occlusion[v]
