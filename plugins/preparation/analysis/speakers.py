"""Who speaks, if several faces are in the picture: the one whose lips move."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

__all__ = ["Lips", "lip_activity"]

FloatArray = NDArray[np.float64]

_SMOOTH = 1.0
"""Frames over which the tremble of landmarks is averaged."""
_SPEAKS = 0.008
"""Least activity of lips that speak; those of a listener tremble by 0.001 to 0.005."""
_CLEARLY = 1.8
"""The speaker's lips are this many times as active as anybody else's."""
_SHARE = 0.2
"""A face seen in less than this part of a clip is no rival."""


def lip_activity(openings: FloatArray) -> float:
    """How much lips move: standard deviation of their opening [T], slow changes taken out.

    In distances of outer eye corners; 0 for fewer than five frames.
    """
    if len(openings) < 5:
        return 0.0
    calm = gaussian_filter1d(openings, _SMOOTH, mode="nearest")
    return float((calm - gaussian_filter1d(calm, 12.0, mode="nearest")).std())


class Lips:
    """The lips of all faces over the last seconds."""

    def __init__(self, frames: int) -> None:
        """Remember the last *frames* frames."""
        self._frames = frames
        self._openings: dict[int, deque[tuple[int, float]]] = {}

    def note(self, t: int, track: int, opening: float) -> None:
        """A face's lips in frame *t*."""
        self._openings.setdefault(track, deque(maxlen=self._frames)).append((t, opening))

    def forget(self, before: int) -> None:
        """Faces that were last seen before that frame are no longer asked about."""
        old = [track for track, seen in self._openings.items() if seen[-1][0] < before]
        for track in old:
            del self._openings[track]

    def activity(self, track: int, start: int, stop: int) -> float:
        """The activity of a face's lips in frames *start* to *stop*."""
        seen = [value for t, value in self._openings.get(track, ()) if start <= t < stop]
        return lip_activity(np.array(seen))

    def verdict(self, track: int, rivals: list[int], start: int, stop: int) -> tuple[str, str]:
        """Why this face is not the one that speaks, and the numbers; empty texts if it is.

        *rivals* holds one entry for each frame in which another face was there.
        """
        others = [one for one in set(rivals) if rivals.count(one) >= _SHARE * (stop - start)]
        if not others:
            return "", ""
        own = self.activity(track, start, stop)
        most = max(self.activity(one, start, stop) for one in others)
        detail = f"lips move by {own:.3f}, another's by {most:.3f}"
        if own >= max(_SPEAKS, _CLEARLY * most) and most < _SPEAKS:
            return "", detail
        if most >= max(_SPEAKS, _CLEARLY * own) and own < _SPEAKS:
            return "listener", detail
        return "several-speakers", detail
