"""What a reader must know about a video that was measured all the same."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from styletalker.core.media.source import opened, packets_of, track_of

__all__ = ["about_faces", "about_rate", "about_sound", "is_variable"]

_UNEVEN = 0.2
"""Frames whose distances differ by more than this part of their median come at a variable rate:
29.97 frames/s in milliseconds differ by 3 %."""
_SHORT_S = 0.1
"""A sound that ends earlier than the pictures by more than this is worth a word."""


def is_variable(path: Path) -> bool:
    """Whether a video's frames come at a variable rate; the file is read, not decoded.

    Raises:
        MediaError: it cannot be read.
    """
    with opened(path) as container:
        stream = track_of(container, "video", path)
        times = sorted(p.pts for p in packets_of(container, stream, path) if p.pts is not None)
    steps = np.diff(np.array(times, np.float64))
    steps = steps[steps > 0]
    if len(steps) < 2:
        return False
    middle = float(np.median(steps))
    uneven = np.abs(steps - middle) > _UNEVEN * middle
    return int(uneven.sum()) > max(1, len(steps) // 100)


def about_rate(path: Path, file_fps: Fraction, fps: int) -> list[str]:
    """A remark if the file's frames are not read one by one."""
    if is_variable(path):
        rate = f"{float(file_fps):.4g} frames/s on average"
        return [f"variable frame rate ({rate}): the nearest frame to each 1/{fps} s was measured"]
    if abs(file_fps - fps) > Fraction(1, 100):
        return [f"{float(file_fps):.4g} frames/s in the file, measured at {fps}"]
    return []


def about_sound(heard: int | None, samples: int, sample_rate: int) -> list[str]:
    """A remark if the sound, of *heard* samples (None: there is none), does not last as long."""
    if heard is None:
        return ["no sound track: what needs the sound is not measured"]
    missing = (samples - heard) / sample_rate
    if missing > _SHORT_S:
        return [f"the sound ends {missing:.2f} s before the pictures: silence was added"]
    return []


def about_faces(counts: NDArray[np.int_]) -> list[str]:
    """A remark if several faces were seen, of the number of faces in each frame [T]."""
    several = int((counts > 1).sum())
    if not several:
        return []
    where = f"{several} of {len(counts)} frames"
    return [f"more than one face in {where}: the largest face of the first frame was followed"]
