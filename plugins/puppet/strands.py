"""Strands of hair on the skull: from a whorl, over the skull, to the hairline."""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.plugins.puppet.fields import Field, FloatArray, lerp, ramp, smooth_around
from styletalker.plugins.puppet.hairline import hairline
from styletalker.plugins.puppet.hairstyles import HairStyle
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.skull import CROWN, skull_point

__all__ = ["Strands", "lay_strands"]

_STRANDS, _CURLY_STRANDS = 168, 176
_STEPS, _CURLY_STEPS = 22, 36
"""Resolution of the hair: the finest that keeps a frame of 128 px below 10 ms."""
_LOWEST = -1.45
"""Elevation in radians at which a strand ends at the latest, under the nape."""
_LONGEST_STEP = 0.8
"""Jumps of the hairline count as at most this long, cm, so that they do not draw all strands."""


@attrs.frozen(kw_only=True, eq=False)
class Strands:
    """The strands on the skull, before they are lifted; all [strands, steps]."""

    theta: FloatArray
    """Azimuth, radians, -pi to pi."""
    level: FloatArray
    """Level, cm."""
    to_edge: FloatArray
    """Distance along the strand to the hairline, cm."""
    lock: FloatArray
    """[strands, 1] unit noise that neighbouring strands share: locks of hair."""


def _directions(around: FloatArray, elevation: FloatArray, style: HairStyle, side: float
                ) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Azimuth and level of the skull in a frame whose pole is the style's whorl."""
    x = np.cos(elevation) * np.sin(around)
    y = np.sin(elevation)
    z = np.cos(elevation) * np.cos(around)
    tilt, back = np.radians(side * style.whorl_side), np.radians(style.whorl_back)
    x, y = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    y, z = y * np.cos(back) + z * np.sin(back), z * np.cos(back) - y * np.sin(back)
    over = np.arcsin(np.clip(y, -1, 1))
    level = np.where(over > 0, 4 + (CROWN - 4) * y, 4 + 7.6 * over)
    theta: FloatArray = np.arctan2(x, z)
    return theta, level


def _edge(theta: FloatArray, lock: Field, style: HairStyle, identity: Identity) -> FloatArray:
    """Level at which a strand leaves the skull."""
    turn = np.abs(theta)
    front = ramp(1.05, 0.72, turn)
    edge: FloatArray = hairline(theta, identity) - 0.12 - 0.16 * lock * front
    swept = 1 + 0.45 * np.sin(1.6 * theta) * (1.0 if identity.seed % 3 else -1.0)
    edge = edge - front * style.fringe * swept * (1 + 0.22 * lock)
    if style.fall > 0:
        edge = np.where(turn > 0.92, np.minimum(edge, -1.5), edge)
    return edge


def _ends(around: FloatArray, lock: Field, style: HairStyle, identity: Identity, side: float
          ) -> FloatArray:  # fmt: skip
    """Elevation [strands] in the whorl's frame at which each strand leaves the skull."""
    probe = np.linspace(np.pi / 2, _LOWEST, 140)
    theta, level = _directions(around[:, None], probe[None], style, side)
    above = level - _edge(theta, lock, style, identity)
    above[:, -1] = -1.0
    first = np.maximum(np.argmax(above < 0, axis=1), 1)
    rows = np.arange(len(around))
    high, low = above[rows, first - 1], above[rows, first]
    share = np.clip(high / np.maximum(high - low, 1e-6), 0, 1)
    end = lerp(probe[first - 1], probe[first], share)
    end[:-1] = smooth_around(end[:-1], 0.8)
    end[-1] = end[0]
    return end


def _spread_evenly(style: HairStyle, identity: Identity, side: float, strands: int) -> FloatArray:
    """Angles [strands] around the whorl whose strands end at even distances on the hairline."""
    around = np.linspace(-np.pi, np.pi, 4 * strands)
    end = _ends(around, 0.0, style, identity, side)
    theta, level = _directions(around, end, style, side)
    points = skull_point(theta, level, identity)
    length = np.minimum(np.linalg.norm(np.diff(points, axis=0), axis=1), _LONGEST_STEP)
    reached = np.concatenate([[0.0], np.cumsum(length)])
    even = reached / reached[-1] + np.linspace(0, 1, len(around))  # half by distance, half by angle
    return np.interp(np.linspace(0, 2, strands), even, around)


def lay_strands(style: HairStyle, identity: Identity, rng: np.random.Generator) -> Strands:
    """Strands from the whorl of *style* to the hairline of *identity*."""
    strands = _CURLY_STRANDS if style.curl else _STRANDS
    steps = _CURLY_STEPS if style.curl else _STEPS
    side = 1.0 if identity.seed % 2 else -1.0
    around = _spread_evenly(style, identity, side, strands)
    lock = smooth_around(rng.standard_normal(strands), 2.2) * 2 + 0.3 * rng.standard_normal(strands)
    lock[-1] = lock[0]
    end = _ends(around, lock[:, None], style, identity, side)
    along = np.linspace(0, 1, steps)[None]
    elevation = lerp(np.pi / 2 - 0.015, end[:, None], along)
    theta, level = _directions(around[:, None], elevation, style, side)
    points = skull_point(theta, level, identity)
    step = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    to_edge = np.cumsum(step[:, ::-1], axis=1)[:, ::-1]
    to_edge = np.concatenate([to_edge, np.zeros((strands, 1))], axis=1)
    return Strands(theta=theta, level=level, to_edge=to_edge, lock=lock[:, None])
