"""Where a run of usable frames is cut into clips: at rest, and before the head goes too far."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.moments import Moment, aperture
from styletalker.plugins.preparation.analysis.window import placings

__all__ = ["Piece", "next_piece", "quietest"]

FloatArray = NDArray[np.float64]

_EARLIEST = 0.6
"""A clip is not cut before this part of its greatest length, if it need not be."""
_SETTLE = 5
"""Frames over which the lips must rest."""
_SIZE_CHANGE = 1.5
"""By which factor the head's size may change in a clip."""


@attrs.frozen(eq=False)
class Piece:
    """Frames from the front of a run: a clip, or (with a reason) what is given up."""

    length: int
    reason: str = ""


def next_piece(moments: list[Moment], config: AnalysisConfig, *, ended: bool) -> Piece | None:
    """What to take from the front of a run; None while it may still grow.

    As long as the run goes on, a clip is cut only when what remains is long enough for another;
    so only the end of a whole run can be too short.
    """
    least, most = config.min_frames, config.max_frames
    if not moments or (not ended and len(moments) < most + least):
        return None
    if len(moments) < least:
        return Piece(len(moments), "too-short")
    window = moments[: most + least]
    near = _near(window, config)
    if near < least:
        return Piece(near, "moves-too-far")
    if near < min(len(window), most):  # then the next clip starts where the head has gone
        return Piece(quietest(_openings(window), max(least, int(_EARLIEST * near)), near))
    if ended and len(moments) <= most:
        return Piece(len(moments))
    last = min(most, len(moments) - least)
    first = max(least, min(int(_EARLIEST * most), last), len(window) - most)
    return Piece(quietest(_openings(window), first, last))


def quietest(openings: FloatArray, first: int, last: int) -> int:
    """The length, *first* to *last*, after which a clip ends with lips most closed and still.

    *openings* [T] is the lips' opening; of equally quiet moments the latest counts.
    """
    moving = np.abs(np.diff(openings, append=openings[-1:]))
    unrest = uniform_filter1d(openings + 2 * moving, _SETTLE, mode="nearest")
    places = unrest[first : last + 1] if last < len(unrest) else unrest[first:]
    return last if not len(places) else first + len(places) - 1 - int(np.argmin(places[::-1]))


def _near(moments: list[Moment], config: AnalysisConfig) -> int:
    """How many frames from the front one window can serve."""
    at = placings(np.stack([one.landmarks for one in moments]), config)
    side = np.maximum.accumulate(at.side)
    range_of = np.maximum.accumulate(at.centre) - np.minimum.accumulate(at.centre)
    travel = range_of.max(-1) / (1.5 * side)
    grown = side / np.minimum.accumulate(at.side)
    far = np.flatnonzero((travel > config.max_travel) | (grown > _SIZE_CHANGE))
    return int(far[0]) if len(far) else len(moments)


def _openings(moments: list[Moment]) -> FloatArray:
    return np.array([aperture(one.landmarks) for one in moments])
