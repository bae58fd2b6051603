"""Cutting a portrait, or a video, as the talker saw faces in training: where the eyes are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.config.options import within
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.core.media.crop import Square

__all__ = [
    "CROPS",
    "FACES",
    "Crop",
    "Framing",
    "Say",
    "check_size",
    "face_square",
    "framing_in",
    "is_framed",
    "square_of",
    "tell_cut",
]

Crop = Literal["auto", "full", "face", "none"]
"""``full`` shows the whole picture, ``face`` the square with the eyes where the talker expects
them, ``none`` the centre square as it is; ``auto`` is ``full`` where the generator can, else
``face``."""
CROPS: tuple[Crop, ...] = ("auto", "full", "face", "none")
FACES = ("largest", "left", "right")
"""Whose face, if there are several; or a number from 0 in the order of size."""

_EYES = (slice(36, 42), slice(42, 48))
"""iBUG's landmarks of the two eyes."""
_LANDMARKS = 68
_FEWEST_PX = 24.0
"""Least distance between the eyes, where the talker does not show less than twice that itself: a
smaller face has no lips and teeth to speak of."""
_SMALLEST = 16
"""Least side of a portrait in pixels."""
_NEAR_PLACE, _NEAR_SIZE = 0.06, 1.25
"""A square picture with the eyes this near (as a part of its side, as a factor) to their place
is taken as it is: talkers see moving heads, and resampling would only soften it."""
_BEYOND = 0.15
"""Part of the square beyond the picture's edge from which on the user is told."""


class Say:
    """Takes notes for the user, and passes each on as it comes."""

    def __init__(self, told: Any = None) -> None:
        """*told* is called with each line; None tells nobody."""
        self.notes: list[str] = []
        self._told = told

    def __call__(self, text: str) -> None:
        """Note a line."""
        self.notes.append(text)
        if self._told is not None:
            self._told(text)


@attrs.frozen(kw_only=True)
class Framing:
    """Where the eyes of a face that looks ahead are in a square picture."""

    eye_row: float = attrs.field(default=0.40, validator=within(0.1, 0.9))
    """Height of the eyes from the top, as a part of the picture, 0.1 to 0.9; 0.40 is FFHQ's."""
    eye_distance: float = attrs.field(default=0.22, validator=within(0.05, 0.5))
    """Distance between the eyes, as a part of the picture, 0.05 to 0.5; 0.22 is FFHQ's."""


def framing_in(source: str, *facts: Mapping[str, Any]) -> Framing:
    """The ``framing`` that the first of *facts* to have one says; FFHQ's if none does.

    Raises:
        CheckpointError: it is not a mapping of ``eye_row`` and ``eye_distance`` to such numbers.
    """
    for one in facts:
        if "framing" in one:
            try:
                return Framing(**{name: float(value) for name, value in one["framing"].items()})
            except (AttributeError, TypeError, ValueError) as error:
                expected = "eye_row and eye_distance"
                raise CheckpointError(
                    compose("wrong framing", where=source, expected=expected, given=one["framing"])
                ) from error
    return Framing()


def check_size(image: NDArray[np.uint8], where: str) -> None:
    """Refuse a picture [H, W, 3] of fewer than 16 pixels a side.

    Raises:
        InputError: it is that small.
    """
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST:
        expected = f"at least {_SMALLEST} pixels a side"
        given = f"{width} x {height}"
        raise InputError(compose("is too small", where=where, expected=expected, given=given))


def face_square(
    image: NDArray[np.uint8],
    analyser: FaceAnalyser,
    framing: Framing,
    *,
    resolution: int,
    where: str,
    say: Say,
    which: str | int = "largest",
) -> Square:
    """The square around a face of a portrait.

    Args:
        image: [H, W, 3].
        analyser: what looks for faces.
        framing: where the eyes must be.
        resolution: pixels a side the square will have.
        where: what messages call the picture.
        say: told if there are several faces.
        which: of :data:`FACES`, or a number.

    Raises:
        InputError: there is no face, not so many, or only one that is too small.
    """
    faces = analyser.analyse(image)
    if not faces:
        problem = "no face was found"
        raise InputError(compose(problem, where=where, fix=_fix("image with a larger, frontal")))
    face = _chosen(faces, which, where)
    if len(faces) > 1:
        say(f"{where}: {len(faces)} faces were found, {_said(which)} is taken (see --face)")
    return square_of([face], framing, resolution=resolution, where=where)


def tell_cut(square: Square, height: int, width: int, *, where: str, say: Say) -> None:
    """Tell the user if much of a square lies beyond a picture of this size."""
    outside = _outside(square, height, width)
    if outside > _BEYOND:
        say(
            f"{where}: the face is cut close; {outside:.0%} of what the talker needs to see lies "
            "beyond the picture and is mirrored"
        )


def _chosen(faces: Sequence[Face], which: str | int, where: str) -> Face:
    if which == "largest":
        return faces[0]
    if which in ("left", "right"):
        ordered = sorted(faces, key=lambda face: float(face.box[0] + face.box[2]))
        return ordered[0 if which == "left" else -1]
    number = int(which)
    if number >= len(faces):
        expected = f"0 to {len(faces) - 1}"
        raise InputError(compose("no such face", where=where, expected=expected, given=which))
    return faces[number]


def _said(which: str | int) -> str:
    return f"number {which}" if str(which).isdigit() else f"the {which}"


def is_framed(square: Square, height: int, width: int, framing: Framing) -> bool:
    """Whether a picture of this size is almost what *square* would cut out of it."""
    return height == width and _is_near(square, width, framing)


def square_of(faces: Iterable[Face], framing: Framing, *, resolution: int, where: str) -> Square:
    """One square for the faces of a person in several pictures: the median of where they are.

    Raises:
        InputError: they are too small, or there is none.
    """
    eyes = np.array([_eyes(face, where) for face in faces], np.float64)  # [N, 2, 2]
    if not len(eyes):
        problem = "no face was found"
        raise InputError(compose(problem, where=where, fix=_fix("video with a larger, frontal")))
    x, y = np.median(eyes.mean(1), axis=0)
    distance = float(np.median(np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=-1)))
    least = min(_FEWEST_PX, 0.5 * framing.eye_distance * resolution)
    if distance < least:
        expected = f"at least {least:.0f} pixels between the eyes"
        problem = "the face is too small"
        fix = _fix("image with a larger")
        given = f"{distance:.0f}"
        raise InputError(compose(problem, where=where, expected=expected, given=given, fix=fix))
    side = distance / framing.eye_distance
    return Square(
        left=round(x - side / 2), top=round(y - framing.eye_row * side), side=max(1, round(side))
    )


def _eyes(face: Face, where: str) -> NDArray[np.float64]:
    """The middles of both eyes [2, 2]."""
    if len(face.landmarks) != _LANDMARKS:
        problem = "the face analyser gives other landmarks than iBUG's"
        expected, given = f"{_LANDMARKS} points", len(face.landmarks)
        raise InputError(compose(problem, where=where, expected=expected, given=given))
    return np.stack([face.landmarks[eye].mean(0) for eye in _EYES]).astype(np.float64)


def _is_near(square: Square, side: int, framing: Framing) -> bool:
    """Whether the whole picture, of *side*, is almost what *square* would cut out."""
    factor = square.side / side
    across = abs(square.left + square.side / 2 - side / 2) / side
    down = abs(square.top + framing.eye_row * square.side - framing.eye_row * side) / side
    return across < _NEAR_PLACE and down < _NEAR_PLACE and 1 / _NEAR_SIZE < factor < _NEAR_SIZE


def _outside(square: Square, height: int, width: int) -> float:
    """Which part of a square is not in the picture."""
    right, bottom = min(width, square.left + square.side), min(height, square.top + square.side)
    inside = max(0, right - max(0, square.left)) * max(0, bottom - max(0, square.top))
    return 1.0 - inside / square.side**2


def _fix(wanted: str) -> str:
    return f"Give an {wanted} face, or crop it to the face and say --crop none (crop='none')."
