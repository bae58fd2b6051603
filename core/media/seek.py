"""Decoding a video from a moment on, without what comes before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.error import FFmpegError
from styletalker.core.errors import MediaError
from styletalker.core.media.source import decoded, origin_of

__all__ = ["sought"]

_EARLIER_S = (Fraction(1), Fraction(12))
"""How far before the wanted moment it is looked for a keyframe, in turn: formats that seek by
decoding time, or have rare keyframes, find one only farther away."""


def sought(
    container: InputContainer, stream: Any, path: Path, since: Fraction
) -> Iterator[Any] | None:
    """The frames of a video track from a keyframe on that is shown no later than *since* [s].

    Returns:
        None where the file cannot be sought, or tells no time stamps: open it anew and read it
        from its start.

    Raises:
        MediaError: by the iterator, when decoding fails; it says after how many seconds.
    """
    origin = origin_of(container)
    for earlier in _EARLIER_S:
        target = since - earlier
        if target <= 0:
            return None
        frames = decoded(container, stream, path)
        try:
            container.seek(int((target + origin) / stream.time_base), stream=stream)
            # What is shown before the keyframe refers to pictures that were not decoded.
            start = next((frame for frame in frames if frame.key_frame), None)
        except (FFmpegError, MediaError):
            return None
        if start is None or start.pts is None:
            return None
        if start.pts * start.time_base - origin <= since:
            return itertools.chain([start], frames)
    return None
