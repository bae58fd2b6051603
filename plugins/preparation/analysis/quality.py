"""Whether a face can be seen well: light, sharpness, pose, and things before it."""

from __future__ import annotations

from collections import deque

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.tracker import CHECK_FACE, Sight

__all__ = ["Appearance", "Looks", "fault_of", "sharpness"]

FloatArray = NDArray[np.float64]

_BLUR_WIDTH = 9
"""Width of the blur a picture is compared with, in pixels (Crete et al. 2007)."""
_CELLS = 8
_UNLIKE = 32.0
"""Difference of a cell's mean colour (0 to 255) from its usual one, beyond that of the whole face,
that is no play of light."""
_USUAL = 40
"""Looks that tell what is usual."""
_FORGET = 10
"""So many looks in a row that are unlike the usual ones are the new usual."""


@attrs.frozen(eq=False)
class Looks:
    """What was measured on one frame's face."""

    score: float
    """The detector's."""
    light: float
    """Mean brightness of the face, 0 to 255."""
    sharpness: float
    """0 (blurred) to 1."""
    occluded: float
    """Part of the face that looks unlike itself, 0 to 1."""


class Appearance:
    """What a face usually looks like, so that something before it stands out."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._usual: deque[FloatArray] = deque(maxlen=_USUAL)
        self._unlike = 0

    def look(self, sight: Sight, limit: float) -> Looks:
        """Measure a face; what is unlike by more than *limit* does not become usual."""
        face = _face(sight.patch.image)
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        return Looks(
            score=sight.score,
            light=float(grey[_mask(len(grey))].mean()),
            sharpness=sharpness(np.asarray(grey, np.uint8)),
            occluded=self._occluded(face, limit),
        )

    def _occluded(self, face: NDArray[np.uint8], limit: float) -> float:
        small = cv2.resize(face, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        cells = np.asarray(small, np.float64)[_mask(_CELLS)]
        share = 0.0
        if self._usual:
            change = cells - np.median(np.stack(list(self._usual)), 0)
            change = change - np.median(change, 0)
            share = float((np.abs(change).max(-1) > _UNLIKE).mean())
        self._unlike = self._unlike + 1 if share > limit else 0
        if self._unlike > _FORGET:
            self._usual.clear()
            self._unlike = 0
        if share <= limit or not self._usual:
            self._usual.append(cells)
        return share


def fault_of(looks: Looks, angles: FloatArray, config: AnalysisConfig) -> tuple[str, str]:
    """Why a face cannot be used and what was measured; two empty texts if it can.

    *angles* [3] are yaw, pitch and roll in degrees.
    """
    most = np.array([config.max_yaw, config.max_pitch, config.max_roll])
    if looks.light < config.min_light:
        return "too-dark", f"brightness {looks.light:.0f}"
    if looks.light > config.max_light:
        return "too-bright", f"brightness {looks.light:.0f}"
    if (np.abs(angles) > most).any():
        k = int(np.argmax(np.abs(angles) / most))
        return "turned", f"{('yaw', 'pitch', 'roll')[k]} {angles[k]:.0f} degrees"
    if looks.occluded > config.max_occluded:
        return "occluded", f"{looks.occluded:.0%} of the face"
    if looks.sharpness < config.min_sharpness:
        return "blurred", f"sharpness {looks.sharpness:.2f}"
    return "", ""


def sharpness(grey: NDArray[np.uint8]) -> float:
    """How sharp a picture [H, W] is, 0 to 1: how much its edges lose by a blur of 9 pixels.

    One minus the perceptual blur measure of Crete, Dolmiere, Ladret and Nicolas 2007; the direction
    in which it is less sharp counts, so motion blur is seen. Hardly depends on the content. A
    picture without any edge is not sharp.
    """
    values = grey.astype(np.float32)
    found = []
    for axis, kernel in ((1, (_BLUR_WIDTH, 1)), (0, (1, _BLUR_WIDTH))):
        blurred = np.asarray(cv2.blur(values, kernel), np.float32)
        before, after = (np.abs(np.diff(one, axis=axis)) for one in (values, blurred))
        total = float(before.sum())
        lost = float(np.maximum(before - after, 0).sum())
        found.append(lost / total if total > 1e-3 * values.size else 0.0)
    return min(found)


def _face(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of the patch, where the detector's box is."""
    start = (len(patch) - CHECK_FACE) // 2
    return np.ascontiguousarray(patch[start : start + CHECK_FACE, start : start + CHECK_FACE])


def _mask(side: int) -> NDArray[np.bool_]:
    """The ellipse [side, side] of the face in its box."""
    at = (np.arange(side) + 0.5) / side * 2 - 1
    inside: NDArray[np.bool_] = (at[None] / 0.85) ** 2 + (at[:, None] / 0.95) ** 2 < 1
    return inside
