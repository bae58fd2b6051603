"""Where the lids of a photo really end: landmarks of eyes are a pixel or two off.

Eyeball left over outside the landmarks would stay in place while the iris moves, and would
look out from under a closed lid.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.paint_look import LUMA, warmth
from styletalker.plugins.puppet.fields import FloatArray, ramp, smooth_around

__all__ = ["edge_offsets", "moved_outwards"]

_DISTANCES = np.arange(-0.20, 0.561, 0.02)
"""Where colours are looked at along rays from the eye, cm from the landmarks' contour."""
_SKIN_RINGS = (3, 4)
"""These eye rings lie on skin."""
_TOLERANCE = 0.20
"""Colours this near to the skin's, relative to its own length, are skin."""
_PALER = 0.12
"""The white of an eye is less red than skin by more than this, as a logarithm of red over blue;
shade and lashes are not."""
_STEP = 0.06
"""Skin must begin within this distance on either side of a lid's edge, cm."""
_LIFTS = np.arange(-0.06, 0.29, 0.02)
_TILTS = np.arange(-0.30, 0.31, 0.06)
_CORNERS = np.arange(0.0, 0.43, 0.03)
"""Tried offsets of the lower lid's middle, their change along the lid, and of the corners, cm."""
_PRIOR = 0.6
"""How much a cm off the landmarks must bring, in mean likeness to skin."""
_TILT_PRIOR = 1.0
_WORTH, _CORNER_WORTH = 0.02, 0.32
"""Gain from which on a lid or a corner is moved at all."""
_CORNER_POWER = 4.0
"""How fast a corner's offset fades along the lids."""


def moved_outwards(ring: FloatArray, outer: FloatArray, offset_px: FloatArray) -> FloatArray:
    """Points [n, 2] of *ring* moved towards those of *outer* by *offset_px* [n]."""
    way = outer - ring
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
    moved: FloatArray = ring + way * (offset_px / length)[:, None]
    return moved


def _read(photo: FloatArray, points: FloatArray) -> FloatArray:
    at = points.astype(np.float32)
    read = cv2.remap(
        photo.astype(np.float32), at[..., 0], at[..., 1], cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(read, np.float64)


def _skin_likeness(photo: FloatArray, rings: FloatArray, px_per_cm: float
                   ) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """[distances, n] how much the colours along the rays look like the skin beyond, 0 to 1.

    First by colour and by warmth, then by warmth alone, for which lashes are skin.
    """
    steps = np.repeat(_DISTANCES[:, None] * px_per_cm, rings.shape[1], 1)
    rays = np.stack([moved_outwards(rings[0], rings[2], step) for step in steps])
    skin = _read(photo, rings[list(_SKIN_RINGS)]).mean(0)
    skin = np.stack([smooth_around(skin[:, k], 2.0) for k in range(3)], -1)
    colours = _read(photo, rays)
    away = np.linalg.norm(colours - skin, axis=-1)
    alike = np.exp(-np.square(away / (_TOLERANCE * np.linalg.norm(skin, axis=-1) + 6)))
    lit = ramp(0.35, 0.60, (colours @ LUMA) / np.maximum(skin @ LUMA, 1.0))  # lashes are not white
    paler = (warmth(skin) - warmth(colours)) * lit
    warm = np.exp(-np.square(np.maximum(paler, 0) / _PALER))
    return 0.5 * (alike + warm), warm


def _gain(likeness: FloatArray, offsets: FloatArray) -> float:
    """Mean rise of *likeness* [d, k] across the edge at *offsets* [k], less the prior."""
    place = (offsets - _DISTANCES[0]) / (_DISTANCES[1] - _DISTANCES[0])
    step = _STEP / (_DISTANCES[1] - _DISTANCES[0])
    last = len(_DISTANCES) - 1.001
    column = np.arange(likeness.shape[1])
    total = 0.0
    for sign in (1, -1):
        at = np.clip(place + sign * step, 0, last)
        i = at.astype(int)
        part = at - i
        value = likeness[i, column] * (1 - part) + likeness[i + 1, column] * part
        total += sign * float(value.mean())
    return total - _PRIOR * float(np.square(offsets).mean()) / 0.3


def edge_offsets(photo: FloatArray, rings: FloatArray, px_per_cm: float) -> NDArray[np.float64]:
    """How far outside the landmarks the opening goes, cm, per ring point.

    The lower lid and the corners are moved to where skin begins; the upper lid is left, for
    lashes pass for eyeball.

    Args:
        photo: [H, W, 3].
        rings: [6, n, 2] px, from one corner over the upper lid.
        px_per_cm: size of the face.
    """
    count = rings.shape[1]
    likeness, warm = _skin_likeness(photo, rings, px_per_cm)
    cosine = np.cos(np.arange(count) * 2 * np.pi / count)  # 1 at the first corner
    half = count // 2
    lower = np.arange(half + 2, count - 1)
    bow = 1 - cosine[lower] ** 2
    best, shape = _gain(likeness[:, lower], np.zeros(len(lower))) + _WORTH, np.zeros(len(lower))
    for lift, tilt in itertools.product(_LIFTS, _TILTS):
        tried = bow * (lift + tilt * cosine[lower])
        gain = _gain(likeness[:, lower], tried) - _TILT_PRIOR * tilt**2
        if gain > best:
            best, shape = gain, tried
    offsets = np.zeros(count)
    offsets[lower] = shape
    for corner in (0, half):
        toward = cosine if corner == 0 else -cosine
        fade = np.clip(toward, 0, 1) ** _CORNER_POWER
        rays = (corner + np.array([-3, -2, -1, 0, 1])) % count
        if corner == half:
            rays = corner + np.array([-1, 0, 1, 2, 3])
        gains = [_gain(warm[:, rays], offsets[rays] + reach * fade[rays]) for reach in _CORNERS]
        most = int(np.argmax(gains))
        if gains[most] > gains[0] + _CORNER_WORTH:
            offsets = offsets + _CORNERS[most] * fade
    return offsets
