"""Pieces of a video, each as if it were a video of its own, in few passes over the file."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.media.crop import resize
from styletalker.core.media.movie import MovieFile
from styletalker.plugins.preparation.inputs import Excerpt

__all__ = ["FPS", "Piece", "pieces_of"]

FPS = 25
"""Frames per second of every corpus."""


@attrs.frozen(kw_only=True, eq=False)
class Piece:
    """An excerpt that is being read."""

    number: int
    """Of the excerpt in the list."""
    start: int
    """Its first frame in the video, at 25 fps."""
    stop: int
    """The frame after its last."""
    excerpt: Excerpt
    movie: MovieFile
    """Gives the frames of the excerpt alone, cropped to its region."""


class _Within(MovieFile):
    """A video of which only some frames, cropped, are seen."""

    __slots__ = ("_given",)
    _given: Iterable[NDArray[np.uint8]]

    def frames(
        self, *, fps: float | Fraction = FPS, first: int = 0, largest: int | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """The frames of the excerpt, shrunk to *largest* pixels; once, and at 25 fps only."""
        if fps != FPS:
            raise ValueError(f"an excerpt is read at {FPS} frames per second")
        given = itertools.islice(self._given, first, None)
        longer = max(self.height, self.width)
        if largest is None or longer <= largest:
            return iter(given)
        size = (round(self.height * largest / longer), round(self.width * largest / longer))
        return (resize(frame, size) for frame in given)


def pieces_of(movie: MovieFile, excerpts: Sequence[Excerpt], frames: int) -> Iterator[Piece]:
    """The excerpts of a video of so many *frames* at 25 fps; all of it if there are none.

    Excerpts that do not overlap share a pass over the file. A piece must be used before the next
    is asked for.
    """
    if not excerpts:
        yield Piece(number=0, start=0, stop=frames, excerpt=Excerpt(), movie=movie)
        return
    spans = [
        (number, start, stop)
        for number, one in enumerate(excerpts)
        if (start := max(round(one.start_s * FPS), 0))
        < (stop := min(frames if one.stop_s is None else round(one.stop_s * FPS), frames))
    ]
    for group in _passes(spans):
        shown = movie.frames(fps=FPS)
        position = 0
        for number, start, stop in group:
            skipped = itertools.islice(shown, start - position)
            for _ in skipped:
                pass
            region = excerpts[number].region(movie.width, movie.height)
            taken = itertools.islice(shown, stop - start)
            piece = Piece(
                number=number,
                start=start,
                stop=stop,
                excerpt=excerpts[number],
                movie=_within(movie, taken, region),
            )
            yield piece
            for _ in taken:  # what was not read
                pass
            position = stop


def _within(
    movie: MovieFile,
    frames: Iterator[NDArray[np.uint8]],
    region: tuple[int, int, int, int] | None,
) -> MovieFile:
    left, top, right, bottom = region or (0, 0, movie.width, movie.height)
    seen = _Within(movie.path, movie.fps, bottom - top, right - left, movie.has_sound)
    cropped = (np.ascontiguousarray(one[top:bottom, left:right]) for one in frames)
    object.__setattr__(seen, "_given", cropped if region else frames)
    return seen


def _passes(spans: Sequence[tuple[int, int, int]]) -> list[list[tuple[int, int, int]]]:
    """Spans (number, start, stop) in groups without overlap, each in order of time."""
    groups: list[list[tuple[int, int, int]]] = []
    for span in sorted(spans, key=lambda one: (one[1], one[2], one[0])):
        fitting = next((group for group in groups if group[-1][2] <= span[1]), None)
        if fitting is None:
            groups.append([span])
        else:
            fitting.append(span)
    return groups
