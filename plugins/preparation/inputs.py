"""What there is to prepare: the files of a place, or those that a list names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import attrs
from styletalker.core.engine import Place

__all__ = ["Excerpt", "Found", "Input", "find_inputs"]


@attrs.frozen(kw_only=True)
class Excerpt:
    """A piece of a video, as a list describes it."""

    start_s: float = attrs.field(default=0.0, converter=float)
    """Where it starts, in seconds."""
    stop_s: float | None = None
    """Where it ends; None for the end of the video."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, right and bottom of the region to look at, as parts of the width and height; in
    pixels of a picture *height* high if that is given."""
    height: int | None = None
    """Height of the picture in which *box* was measured, in pixels."""
    identity: str | None = None
    """Who it is."""

    def region(self, width: int, height: int) -> tuple[int, int, int, int] | None:
        """*box* in whole pixels of a picture, within it; None for all of it."""
        if self.box is None:
            return None
        left, top, right, bottom = self.box
        scale = height / self.height if self.height is not None else None
        across, down = (scale, scale) if scale is not None else (width, height)
        x0, x1 = (min(max(round(value * across), 0), width) for value in (left, right))
        y0, y1 = (min(max(round(value * down), 0), height) for value in (top, bottom))
        return (x0, y0, x1, y1) if x1 - x0 >= 2 and y1 - y0 >= 2 else None


@attrs.frozen(kw_only=True)
class Input:
    """One file to prepare."""

    name: str
    """Relative to the place, with slashes."""
    excerpts: tuple[Excerpt, ...] = ()
    """What to take of it; all of it if empty."""


@attrs.frozen(kw_only=True)
class Found:
    """What a place holds."""

    inputs: tuple[Input, ...]
    """Files, by name."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """(folder, why) of folders that could not be looked into."""


def find_inputs(raw: str) -> tuple[Place, Found]:
    """The place that *raw* (a file, a folder or an fsspec URL) means, and its files.

    Hidden files and folders (their names begin with a dot) are no inputs.

    Raises:
        InputError: there is nothing at *raw*.
        RunError: it cannot be reached.
    """
    unreadable: list[tuple[str, str]] = []
    place, names = Place.of_inputs(raw, lambda name, why: unreadable.append((name or ".", why)))
    return place, Found(inputs=_inputs(names), unreadable=tuple(sorted(unreadable)))


def _inputs(names: Sequence[str]) -> tuple[Input, ...]:
    shown = [name for name in names if not _hidden(name)]
    return tuple(Input(name=name) for name in sorted(shown))


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(name).parts)
