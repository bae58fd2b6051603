"""Checks at public borders: a wrong shape or a wrong value is said in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from styletalker.core.axes import AXES
from styletalker.core.errors import InputError, compose

__all__ = ["Shaped", "check_frame_count", "check_shape"]


class Shaped(Protocol):
    """Anything with a shape: a torch tensor or a numpy array."""

    @property
    def shape(self) -> Sequence[int]: ...  # noqa: D102


def check_shape(name: str, value: Shaped, axes: str, **sizes: int) -> dict[str, int]:
    """Check that *value* has the axes ``"B T A"`` and return their sizes by letter.

    Args:
        name: what messages call the value.
        value: a tensor or array.
        axes: axis letters of :data:`~styletalker.core.axes.AXES` or sizes, space-separated.
        sizes: letter -> the size it must have, such as ``A=80``.

    Raises:
        InputError: the number of axes, or the size of one, is wrong.
    """
    letters = axes.split()
    shape = tuple(value.shape)
    expected = "[" + ", ".join(letters) + "]"
    if len(shape) != len(letters):
        raise InputError(compose(f"{name} has the wrong shape", expected=expected, given=shape))
    found: dict[str, int] = {}
    for letter, size in zip(letters, shape, strict=True):
        wanted = int(letter) if letter.isdecimal() else sizes.get(letter, found.get(letter, size))
        if size != wanted:
            meaning = f" ({AXES[letter]})" if letter in AXES else ""
            problem = f"{name} has the wrong shape: axis {letter}{meaning} must be {wanted}"
            raise InputError(compose(problem, expected=expected, given=shape))
        found[letter] = size
    return found


def check_frame_count(samples: int, sample_rate: int, fps: int) -> int:
    """The number of video frames T that *samples* audio samples cover exactly.

    Raises:
        InputError: they do not cover a whole number of frames, or none.
    """
    if samples <= 0 or samples * fps % sample_rate:
        raise InputError(
            compose(
                "the waveform does not cover a whole number of video frames",
                expected=f"a positive multiple of {sample_rate / fps:g} samples",
                given=samples,
                fix="Pad it with zeros or cut it.",
            )
        )
    return samples * fps // sample_rate
