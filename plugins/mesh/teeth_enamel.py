"""The look of teeth: enamel, the gaps between, the photo's softness and grain."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.paint_look import Look
from styletalker.plugins.puppet.fields import FloatArray, bump, lerp, ramp

__all__ = ["BEYOND_CM", "TEXELS", "enamel_texture", "finished"]

BEYOND_CM = 0.16
"""A row's texture goes on this far beyond the longest tooth, so that edges end in it, cm."""
TEXELS = 1.5
"""Texels a pixel of the photo."""
_UPPER_EDGES = np.array([0.0, 0.86, 1.50, 2.10, 2.52, 2.84, 3.2])
"""Distances from the midline, cm, of the gaps between the upper teeth, seen from the front."""
_LOWER_EDGES = np.array([0.0, 0.54, 1.12, 1.68, 2.10, 2.42, 2.8])
_UPPER_LENGTH = np.array([1.0, 0.93, 0.99, 0.93, 0.90, 0.88, 0.86])
"""Length of each upper tooth from the midline outwards, relative to the first."""
_LOWER_LENGTH = np.array([0.97, 1.0, 1.0, 0.95, 0.92, 0.90, 0.88])
_GAP = 0.026
"""Width of the dark between two teeth, cm."""


@attrs.frozen(kw_only=True, eq=False)
class _Enamel:
    """Coordinates over the texture of a row, all [h, w]."""

    distance: FloatArray
    """From the midline, cm."""
    tooth: NDArray[np.intp]
    """Which tooth, from the midline."""
    inside: FloatArray
    """-1 to 1 across the tooth."""
    gap: FloatArray
    """Distance from the nearest gap, cm."""
    height: FloatArray
    """From the biting edge of the row, cm."""


def _enamel(x: FloatArray, edges: FloatArray, height: float, rows: int) -> _Enamel:
    down = np.linspace(0, 1, rows)[:, None]
    distance = np.broadcast_to(np.abs(x)[None], (rows, len(x)))
    tooth = np.clip(np.searchsorted(edges, distance, side="right"), 1, len(edges) - 1)
    left, right = edges[tooth - 1], edges[tooth]
    gap = np.minimum(distance - left, right - distance)
    middle, half = (left + right) / 2, (right - left) / 2
    up = lerp(height, -BEYOND_CM, down)
    return _Enamel(
        distance=distance,
        tooth=tooth - 1,
        inside=(distance - middle) / half,
        gap=np.abs(gap),
        height=np.broadcast_to(up, distance.shape),
    )


def _coloured(e: _Enamel, length: FloatArray, height: float, look: Look, lower: bool
              ) -> NDArray[np.float32]:  # fmt: skip
    """Texture [h, w, 4] of teeth of relative *length* before softness and grain."""
    texel = 1 / (TEXELS * look.px_per_cm)
    line = max(_GAP, 1.3 * texel)
    depth = (0.48 if lower else 0.46) * _GAP / line
    cut = (1 - length[e.tooth]) * height + 0.05 * np.abs(e.inside) ** 4
    cut += 0.07 * (1 - np.clip(np.abs(e.gap) / 0.07, 0, 1)) ** 2  # the notch between two edges
    above = e.height - cut
    soft = max(0.05, 1.6 * texel)
    opacity = ramp(-0.5 * soft, 0.5 * soft, above)
    opacity = opacity * ramp(1.0, 0.86, e.distance / e.distance.max())

    shade = 1 - 0.10 * np.abs(e.inside) ** 2.5
    shade *= 1 - depth * bump(e.gap, 0.0, line)
    shade *= 1 + 0.025 * np.cos(2.4 * e.tooth + 0.6)
    shade *= 1 - 0.07 * bump(above, 0.0, 0.14)  # the thin edge lets the dark through
    colour: FloatArray = look.tooth * shade[..., None]
    neck = ramp(0.35, 0.85, above)[..., None]
    colour = colour * lerp(np.ones(3), np.array([0.97, 0.93, 0.85]), neck)
    gum_line = height - 0.22 + 0.10 * (1 - e.inside**2)
    gum = ramp(-0.06, 0.06, e.height - gum_line)[..., None]
    colour = lerp(colour, look.lip * np.array([0.80, 0.62, 0.62]), gum)
    return np.dstack([colour, opacity]).astype(np.float32)


def finished(texture: NDArray[np.float32], x: FloatArray, look: Look, texels: float
             ) -> NDArray[np.float32]:  # fmt: skip
    """*texture* [h, w, 4] with the photo's sideways light, softness and grain.

    Args:
        texture: colour and opacity.
        x: [w] cm from the head's midline of each column.
        look: the photo's.
        texels: texels a pixel of the photo.
    """
    out = texture.copy()
    spread = np.sqrt(max(look.softness_px**2 - 0.45, 0.0)) * texels * 0.8
    if spread > 0.25:
        weight = out[..., 3:] + 1e-3
        mixed = cv2.GaussianBlur(np.dstack([out[..., :3] * weight, weight]), (0, 0), spread)
        out[..., :3] = mixed[..., :3] / mixed[..., 3:]
        out[..., 3] = cv2.GaussianBlur(out[..., 3], (0, 0), spread)
    side = max(int(look.grain.shape[0] * texels), 2)
    patch = cv2.resize(look.grain, (side, side), interpolation=cv2.INTER_LINEAR)
    pair = np.concatenate([patch, patch[:, ::-1]], 1)
    tile = np.concatenate([pair, pair[::-1]], 0)
    rows, columns = out.shape[:2]
    repeat = (rows // tile.shape[0] + 1, columns // tile.shape[1] + 1)
    grain = np.tile(tile, repeat)[:rows, :columns]
    light = (1 + np.clip(look.slope * x, -0.35, 0.35)).astype(np.float32)
    out[..., :3] *= (light[None] * (1 + grain))[..., None]
    return np.clip(out, 0, 255).astype(np.float32)


def enamel_texture(x: FloatArray, height: float, rows: int, size: float, look: Look, *,
                   lower: bool) -> NDArray[np.float32]:  # fmt: skip
    """Texture [rows, w, 4] of a row of teeth: colour (0 to 255) and opacity (0 to 1).

    Args:
        x: [w] cm from the mouth's midline of each column.
        height: from the biting edge to above the gum line, cm.
        rows: rows, from the gums to beyond the edge.
        size: size of the teeth relative to the average.
        look: the photo's.
        lower: the lower teeth.
    """
    edges = (_LOWER_EDGES if lower else _UPPER_EDGES) * size
    enamel = _enamel(x, edges, height, rows)
    length = _LOWER_LENGTH if lower else _UPPER_LENGTH
    texture = _coloured(enamel, length, height, look, lower)
    texture[..., :3] *= (1 - 0.45 * (np.abs(x) / np.abs(x).max()) ** 2.4)[None, :, None]
    if lower:  # in the shade of the upper row, the more the deeper behind the lip
        texture[..., :3] *= lerp(0.90, 0.62, ramp(0.0, 0.6, enamel.height))[..., None]
    return finished(texture, x, look, TEXELS)
