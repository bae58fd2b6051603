"""Shot changes, found while the video goes by.

**Cuts** follow the content difference of PySceneDetect's ContentDetector and AdaptiveDetector: the
picture differs much from the last one, and much more than pictures around it do from theirs. Here
pictures are small (32 x 18) and the difference is taken twice: of the colours, and of the
brightness after its mean and contrast are taken out, which a flash or a change of exposure leaves
as they are. A cut must also last: a few frames later the picture must still differ from the one
before. That is what tells a cut from a flash.

**Fades** through black (or white) are runs of frames without any contrast: the shot changes there.

**Dissolves** are found by their model: each frame between is a mixture of the first and the last,
and the share of the last grows steadily from 0 to 1 (Hampapur et al. 1994). Motion, zoom and pans
are no mixtures of two pictures.
"""

from __future__ import annotations

from collections import deque

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["GRADUAL_LAG", "LAG", "ShotDetector", "thumbnail"]

FloatArray = NDArray[np.float32]

LAG = 4
"""Frames of what comes after that a decision about a cut needs; shorter flashes are no cuts."""
GRADUAL_LAG = 32
"""Frames of what comes after that a decision about a dissolve needs."""
_SIZE = (32, 18)
_COLOUR_CUT, _FORM_CUT = 18.0, 0.35
"""Mean difference of colours (0 to 255) and of form (1 - correlation, 0 to 2) that can be a cut."""
_ABOVE_USUAL = 3.0
"""A cut differs by this many times as much as frames around it do."""
_MEMORY = 12
"""Frames before that tell what is usual."""
_FLAT = 4.0
"""Standard deviation of brightness below which a picture is empty (0 to 255)."""
_SPANS = (8, 12, 16, 20, 25)
"""Lengths of dissolves that are tried, in frames."""
_MIXTURE_ERROR = 0.16
"""Largest part of the difference that a mixture of two pictures leaves unexplained."""
_STEP_BACK, _LARGEST_STEP = 0.06, 0.3
"""By how much the share of the new picture may go back, or grow, from a frame to the next."""
_GROWS = 0.02
"""By how much the share of the new picture grows at least, while it does."""
_LEAST_MIXED = 4
"""Fewer mixed frames are a cut."""


def thumbnail(frame: NDArray[np.uint8]) -> FloatArray:
    """A picture [H, W, 3] as small colours [18, 32, 3], float, 0 to 255."""
    rows, columns = frame.shape[:2]
    while rows > 8 * _SIZE[1] and columns > 8 * _SIZE[0]:  # much faster than all at once
        frame = np.asarray(frame[::2, ::2], np.uint8)
        rows, columns = frame.shape[:2]
    small = cv2.resize(np.ascontiguousarray(frame), _SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


@attrs.frozen(eq=False)
class _Small:
    colours: FloatArray
    form: FloatArray
    """Brightness without its mean and contrast."""
    flat: bool

    @classmethod
    def of(cls, colours: FloatArray) -> _Small:
        grey = colours.mean(-1)
        spread = float(grey.std())
        return cls(colours, (grey - grey.mean()) / max(spread, 1e-3), spread < _FLAT)

    def form_change(self, other: _Small) -> float:
        if self.flat or other.flat:
            return 0.0 if self.flat == other.flat else 1.0
        return 1.0 - float((self.form * other.form).mean())

    def colour_change(self, other: _Small) -> float:
        return float(np.abs(self.colours - other.colours).mean())


class ShotDetector:
    """Give it a thumbnail a frame; it says which shot the frame :data:`LAG` frames ago is in.

    A dissolve changes the shot near its end; :meth:`spoiled` tells which frames are mixed.
    """

    def __init__(self) -> None:
        """At the start of a video."""
        self.shot = 0
        self._window: deque[_Small] = deque(maxlen=GRADUAL_LAG + 1)
        self._before: _Small | None = None  # the last frame that was decided and shows something
        self._waiting: deque[_Small] = deque()
        self._usual: deque[tuple[float, float]] = deque(maxlen=_MEMORY)
        self._pushed = 0
        self._dissolves: deque[tuple[int, int]] = deque(maxlen=64)

    def push(self, colours: FloatArray) -> int | None:
        """Take the next frame's thumbnail; the shot of the frame LAG before it, if there is one."""
        small = _Small.of(colours)
        self._window.append(small)
        self._pushed += 1
        self._look_for_dissolve()
        self._waiting.append(small)
        return self._decided() if len(self._waiting) > LAG else None

    def drain(self) -> list[int]:
        """At the end of the video: the shots of the frames that are still waiting."""
        shots = []
        while self._waiting:
            shots.append(self._decided())
        return shots

    def spoiled(self, t: int) -> bool:
        """Whether frame *t* is in a dissolve or fade; known once t + GRADUAL_LAG was pushed."""
        return any(first <= t <= last for first, last in self._dissolves)

    def _decided(self) -> int:
        now = self._waiting.popleft()
        if self._before is None:
            self._before = now
            return self.shot
        if now.flat != self._before.flat:
            if self._lasts(now):  # into black: what comes after is another shot
                self.shot += not self._before.flat
                self._usual.clear()
                self._before = now
            return self.shot
        if now.flat:
            return self.shot
        if self._is_change(self._before, now):
            if not all(self._is_change(self._before, later) for later in self._waiting):
                return self.shot  # a flash: what follows is compared with what was before it
            self.shot += 1
            self._usual.clear()
        else:
            self._usual.append((self._before.colour_change(now), self._before.form_change(now)))
        self._before = now
        return self.shot

    def _lasts(self, now: _Small) -> bool:
        """Whether the next pictures are as empty, or as full, as this one."""
        return all(later.flat == now.flat for later in self._waiting)

    def _is_change(self, before: _Small, after: _Small) -> bool:
        colour, form = before.colour_change(after), before.form_change(after)
        usual_colour, usual_form = np.mean(self._usual, 0) if self._usual else (0.0, 0.0)
        by_form = form > max(_FORM_CUT, _ABOVE_USUAL * usual_form)
        by_colour = colour > max(_COLOUR_CUT, _ABOVE_USUAL * usual_colour) and form > _FORM_CUT / 3
        return bool(by_form or by_colour)

    def _look_for_dissolve(self) -> None:
        """Whether a dissolve, or a fade, has just come to its end."""
        window = list(self._window)
        for span in reversed(_SPANS):
            if len(window) <= span:
                continue
            mixed = _mixed(window[-span - 1 :])
            if mixed is None:
                continue
            start = self._pushed - 1 - span
            first, last = start + mixed[0], start + mixed[1]
            if self._dissolves and self._dissolves[-1][1] >= first - 1:
                earlier = self._dissolves.pop()
                first, last = min(first, earlier[0]), max(last, earlier[1])
            elif not window[-1].flat and not window[-span - 1].flat:  # fades are told by black
                self.shot += 1
            self._dissolves.append((first, last))
            return


def _mixed(frames: list[_Small]) -> tuple[int, int] | None:
    """The first and last of *frames* that are mixtures, if they go from one picture to another."""
    first, last = frames[0], frames[-1]
    if first.flat and last.flat:
        return None
    if not (first.flat or last.flat) and first.form_change(last) < _FORM_CUT:
        return None
    between = np.stack([one.colours for one in frames]) - first.colours
    change = last.colours - first.colours
    size = float((change**2).sum())
    share = (between * change).sum((1, 2, 3)) / size
    rest = between - share[:, None, None, None] * change
    error = np.sqrt((rest**2).sum((1, 2, 3)) / size)
    steps = np.diff(share)
    if float(error.max()) > _MIXTURE_ERROR:
        return None
    if float(steps.min()) < -_STEP_BACK or float(steps.max()) > _LARGEST_STEP:
        return None
    # From the middle outwards, as long as the new picture's share grows.
    middle = int(np.argmax(share[1:] > 0.5))
    start, stop = middle, middle
    while start > 0 and steps[start - 1] > _GROWS:
        start -= 1
    while stop < len(steps) - 1 and steps[stop + 1] > _GROWS:
        stop += 1
    return (start + 1, stop) if stop - start >= _LEAST_MIXED else None
