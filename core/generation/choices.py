"""What a caller may choose about a talk, checked in one place."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, TypedDict

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.core.generation.framing import CROPS, FACES, Crop
from styletalker.core.generation.manner import Manner
from styletalker.core.generation.motion import End, check_end

__all__ = ["Choices", "How"]

_SIZES = (64, 1024)
"""Sides of the square that may be asked for."""


class How(TypedDict, total=False):
    """The keywords that :meth:`Talker.generate` and its like take; see :class:`Choices`."""

    motion: Path | str | NDArray[np.float32] | None
    motion_end: End
    seed: int
    temperature: float
    motion_scale: float
    manner: Manner
    crop: Crop
    face: str | int
    size: int | None


@attrs.frozen(kw_only=True, eq=False)
class Choices:
    """How a portrait is cut and how it moves.

    Raises:
        InputError: a value is outside of its range.
    """

    motion: Path | str | NDArray[np.float32] | None = None
    """A video, or motion [T, Z] of :meth:`Talker.motion_of`; None draws it from the prior."""
    motion_end: End = "mirror"
    """What follows where *motion* is shorter than the sound: ``hold``, ``loop`` or ``mirror``."""
    seed: int = 0
    """Another seed gives another motion that goes with the speech; 0 to 2^63 - 1."""
    temperature: float = 1.0
    """How far from the most likely motion, 0 and up."""
    motion_scale: float = 1.0
    """What motion is multiplied with, 0 and up."""
    manner: Manner = attrs.field(factory=Manner)
    """How much of the pose, of blinks, gaze and expression is shown."""
    crop: Crop = "auto"
    """How the portrait is cut, one of :data:`~styletalker.core.generation.framing.CROPS`."""
    face: str | int = "largest"
    """Whose face, if there are several: ``largest``, ``left``, ``right``, or a number from 0 in the
    order of size."""
    size: int | None = None
    """Pixels a side of the square around the face, 64 to 1024, for generators of any size; None
    for the generator's own resolution, or less if the picture has less."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is outside of its range."""
        if not (math.isfinite(self.motion_scale) and self.motion_scale >= 0):
            raise InputError(
                compose("motion scale", expected="at least 0", given=self.motion_scale)
            )
        check_end(self.motion_end)
        if self.crop not in CROPS:
            given = self.crop
            raise InputError(compose("no such crop", given=given, name=given, choices=CROPS))
        number = str(self.face).isdigit()
        if not number and self.face not in FACES:
            expected = f"{', '.join(FACES)}, or a number from 0"
            raise InputError(compose("no such face", expected=expected, given=self.face))
        if self.size is not None and not _SIZES[0] <= self.size <= _SIZES[1]:
            expected = f"{_SIZES[0]} to {_SIZES[1]} pixels"
            raise InputError(compose("size", expected=expected, given=self.size))

    @classmethod
    def of(cls, how: Any) -> Choices:
        """From the keywords a caller gave.

        Raises:
            InputError: one does not exist, or its value is not valid.
        """
        names = [field.name for field in attrs.fields(cls)]
        for name in how:
            if name not in names:
                raise InputError(compose("no such option", given=name, name=name, choices=names))
        return cls(**how)
