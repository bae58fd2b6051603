"""How far landmarks leave teeth, or the dark between lips, on a photo's lips."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter
from styletalker.plugins.mesh.mouth_opening import SAMPLES, Opening
from styletalker.plugins.mesh.paint_look import LUMA
from styletalker.plugins.puppet.fields import FloatArray, ramp

__all__ = ["lip_surplus"]

_DEPTHS = np.arange(0.0, 0.601, 0.02)
"""Distances from the landmarks' edge into the lip at which colours are looked at, cm."""
_LASTING = 4
"""A lip begins where so many samples in a row look like it."""
_MOST = 0.42
"""Largest surplus, cm."""
_MARGIN = 0.05
"""Added where there is any, cm: edges are soft."""


def _redness(colours: FloatArray) -> FloatArray:
    red: FloatArray = np.log((colours[..., 0] + 12.0) / (0.5 * colours[..., 1:].sum(-1) + 12.0))
    return red


def _like_lip(colours: FloatArray, lip: FloatArray) -> NDArray[np.bool_]:
    """Which of the colours [depths, n, 3] look like the colour *lip* of the middle of a lip."""
    bright = colours @ LUMA > 0.5 * float(lip @ LUMA)
    like: NDArray[np.bool_] = (_redness(colours) > 0.62 * float(_redness(lip))) & bright
    return like


def _surplus(like: NDArray[np.bool_]) -> FloatArray:
    """Depth [n] at which the lip begins, cm."""
    lasting = like.copy()
    for step in range(1, _LASTING):
        lasting[:-step] &= like[step:]
    lasting[-_LASTING:] = False
    first = np.argmax(lasting, axis=0)
    depth = np.where(lasting.any(0), _DEPTHS[first], 0.0)
    steady = median_filter(depth, 9, mode="nearest")
    wide = np.maximum(steady, 0.7 * depth * (steady > 0))
    smooth: FloatArray = gaussian_filter1d(wide, 2.0, mode="nearest")
    return np.clip(smooth + _MARGIN * (smooth > 0.02), 0.0, _MOST)


def lip_surplus(photo: FloatArray, opening: Opening, lips: tuple[FloatArray, FloatArray]
                ) -> NDArray[np.float64]:  # fmt: skip
    """[2, SAMPLES] cm of the upper and the lower lip that are not lip, from left to right.

    Args:
        photo: [H, W, 3].
        opening: the photo's own.
        lips: [3] colours of the middle of the upper and the lower lip.
    """
    x, y, across, down, half, scale = opening.frame
    along = np.linspace(-1, 1, SAMPLES)
    found = []
    for edge, sign, lip in zip((opening.upper, opening.lower), (-1.0, 1.0), lips, strict=True):
        below = edge[None] + sign * _DEPTHS[:, None]
        column = x + half * along[None] * across - scale * below * down
        row = y + half * along[None] * down + scale * below * across
        colours = cv2.remap(
            photo.astype(np.float32), column.astype(np.float32), row.astype(np.float32),
            cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        found.append(_surplus(_like_lip(np.asarray(colours, np.float64), lip)))
    opened = ramp(0.02, 0.10, opening.gap.max())  # closed lips are right as they are
    corners = ramp(1.0, 0.93, np.abs(along))
    return np.stack(found) * corners * opened
