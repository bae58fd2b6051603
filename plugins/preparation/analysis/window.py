"""Where the crop stands: one window for a whole clip, so that nothing swims."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.results import Window

__all__ = ["Placing", "outside", "placings", "window_of"]

FloatArray = NDArray[np.float64]

_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_MOUTH_CORNERS = (48, 54)
_FFHQ_EYES, _FFHQ_MOUTH, _FFHQ_DOWN = 2.0, 1.8, 0.1
"""FFHQ's alignment: half a side is the larger of so many distances between the eyes and from the
eyes to the mouth; the centre lies this part of the latter below the eyes."""
_WHOLE_PLACE, _WHOLE_SIZE = 0.06, 1.25
"""If the window is this near to a whole square picture (a part of its side, a factor), the whole
picture is taken: it was cropped before, and resampling would only soften it. The same bounds as
those of a portrait in generation."""
_SHIFT, _SHRINK = 0.06, 0.85
"""To show less of what is beyond the picture, a window is moved by at most this part of its side,
and shrunk around its middle to at least this size."""


@attrs.frozen(eq=False)
class Placing:
    """What a frame by itself says about the window [T, ...]."""

    centre: FloatArray
    """[T, 2], pixels."""
    side: FloatArray
    """[T], pixels."""
    tilt: FloatArray
    """[T], radians."""

    def part(self, start: int, stop: int) -> Placing:
        """Frames *start* to *stop*."""
        return Placing(self.centre[start:stop], self.side[start:stop], self.tilt[start:stop])


def placings(landmarks: FloatArray, config: AnalysisConfig) -> Placing:
    """The window of each frame for landmarks [T, 68, 2], in pixels of the picture."""
    left, right = landmarks[:, _LEFT_EYE].mean(1), landmarks[:, _RIGHT_EYE].mean(1)
    eyes, across = (left + right) / 2, right - left
    if config.framing == "ffhq":
        return _ffhq(landmarks, eyes, across)
    # The head's size: a turned head's eyes are nearer to each other, a nodding one's mouth to them.
    side = np.linalg.norm(across, axis=-1) / config.eye_distance
    down = (0.5 - config.eye_row) * side
    return Placing(eyes + np.stack([np.zeros_like(down), down], -1), side, np.zeros(len(side)))


def window_of(placing: Placing, grid: int, whole: tuple[int, int]) -> Window:
    """One window for a clip: the median of what its frames say, in pixels of the picture.

    If it reaches beyond the picture it is moved and shrunk a little. Without tilt it lies on a grid
    of *grid* pixels; *whole* is the picture's height and width.
    """
    centre, side = np.median(placing.centre, 0), float(np.median(placing.side))
    tilt = float(np.median(placing.tilt))
    if tilt:
        turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        left, top = centre - turn @ np.full(2, side / 2)
        degrees = float(np.degrees(tilt))
        return Window(left=float(left), top=float(top), side=side, tilt_deg=degrees)
    if _is_whole(centre, side, whole):
        return Window(left=0.0, top=0.0, side=float(whole[0] // grid * grid))
    centre, side = _inside(centre, side, whole)
    cells = max(1, round(side / grid))
    left, top = (round(float(v) / grid - cells / 2) * grid for v in centre)
    return Window(left=float(left), top=float(top), side=float(cells * grid))


def outside(window: Window, whole: tuple[int, int]) -> float:
    """Which part of a window lies beyond the picture (height, width); its tilt is left out."""
    angle = np.radians(window.tilt_deg)
    half = window.side / 2
    x = window.left + half * (np.cos(angle) - np.sin(angle))
    y = window.top + half * (np.sin(angle) + np.cos(angle))
    wide = min(whole[1], x + half) - max(0.0, x - half)
    high = min(whole[0], y + half) - max(0.0, y - half)
    return float(1.0 - max(0.0, wide) * max(0.0, high) / window.side**2)


def _ffhq(landmarks: FloatArray, eyes: FloatArray, across: FloatArray) -> Placing:
    mouth = landmarks[:, _MOUTH_CORNERS].mean(1)
    down = mouth - eyes
    axis = across - np.stack([-down[:, 1], down[:, 0]], -1)  # less a quarter turn of the other
    axis = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    reach = np.maximum(
        _FFHQ_EYES * np.linalg.norm(across, axis=-1), _FFHQ_MOUTH * np.linalg.norm(down, axis=-1)
    )
    tilt = np.arctan2(axis[:, 1], axis[:, 0])
    return Placing(eyes + _FFHQ_DOWN * down, 2 * reach, tilt)


def _inside(centre: FloatArray, side: float, whole: tuple[int, int]) -> tuple[FloatArray, float]:
    """A window moved and shrunk, within bounds, so that less of it lies beyond the picture."""
    size = np.array([whole[1], whole[0]], np.float64)
    low, high = np.maximum(side / 2 - centre, 0), np.maximum(centre + side / 2 - size, 0)
    move = np.clip(np.where(low + high < side, low - high, 0), -_SHIFT * side, _SHIFT * side)
    # No further than until the other edge is reached.
    move = np.where(low > 0, np.minimum(move, np.maximum(size - centre - side / 2, 0)), move)
    move = np.where(high > 0, np.maximum(move, -np.maximum(centre - side / 2, 0)), move)
    centre = centre + np.where(
        (low > 0) & (high > 0), (size / 2 - centre).clip(-_SHIFT * side, _SHIFT * side), move
    )
    reach = 2 * float(np.minimum(centre, size - centre).min())
    return centre, float(np.clip(reach, _SHRINK * side, side))


def _is_whole(centre: FloatArray, side: float, whole: tuple[int, int]) -> bool:
    rows, columns = whole
    off = np.abs(centre - columns / 2).max() / columns
    near = off < _WHOLE_PLACE and 1 / _WHOLE_SIZE < side / columns < _WHOLE_SIZE
    return bool(rows == columns and near)
