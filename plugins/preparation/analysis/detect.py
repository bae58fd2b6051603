"""Looking for faces: in the whole picture at a few sizes, or around where one must be."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.plugins.preparation.analysis.boxes import width_of
from styletalker.plugins.preparation.analysis.patch import Patch

__all__ = ["SEEN_PX", "Searcher", "confirmed"]

SEEN_PX = 80
"""Detectors such as dlib's see no faces of less width than this, in the picture they are given."""
_SIDES = (480, 960, 1920)
"""Longer sides of the pictures that are searched, one after the other: small ones are fast."""
_ENOUGH = 1.8
"""Faces this many times :data:`SEEN_PX` wide are large enough that comparable ones were seen too:
larger pictures need not be searched."""
_NEAR = 0.35
"""A face that is found around its expected place is nearer to it than this part of its width."""


class Searcher:
    """Searches pictures: small ones first, and one size at a time while there is nobody."""

    def __init__(self, analyser: FaceAnalyser, min_face: int) -> None:
        """Search for faces at least *min_face* pixels wide with *analyser*."""
        self._analyser = analyser
        self._min_face = min_face
        self._next = 0

    def thorough(self, picture: NDArray[np.uint8]) -> tuple[Face, ...]:
        """The faces in *picture*, the largest first; larger pictures until one is large enough."""
        found: tuple[Face, ...] = ()
        for side in self._sides(picture):
            found = self._at(picture, side) or found
            if found and width_of(found[0]) * side / max(picture.shape[:2]) >= _ENOUGH * SEEN_PX:
                break
        return found

    def quick(self, picture: NDArray[np.uint8]) -> tuple[Face, ...]:
        """The same at one size only, another at every call."""
        sides = self._sides(picture)
        self._next += 1
        return self._at(picture, sides[self._next % len(sides)])

    def _sides(self, picture: NDArray[np.uint8]) -> list[int]:
        """Sides at which the smallest face that counts would still be seen, and larger ones."""
        whole = max(picture.shape[:2])
        most = min(whole, whole * SEEN_PX / self._min_face)  # more would find what does not count
        sides = [side for side in _SIDES if side < most]
        return [*sides, round(most)]

    def _at(self, picture: NDArray[np.uint8], side: int) -> tuple[Face, ...]:
        rows, columns = picture.shape[:2]
        scale = side / max(rows, columns)
        if scale >= 1:
            return self._analyser.analyse(picture)
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        factor = np.array([columns / size[0], rows / size[1]], np.float32)
        return tuple(
            attrs.evolve(face, box=face.box * np.tile(factor, 2), landmarks=face.landmarks * factor)
            for face in self._analyser.analyse(small)
        )


def confirmed(analyser: FaceAnalyser, patch: Patch, width: float) -> Face | None:
    """The face of about *width* pixels in the middle of *patch*, in the patch's pixels; or None."""
    faces = analyser.analyse(patch.image)
    middle = patch.side / 2
    near = [
        face for face in faces if float(np.abs(_centre(face) - middle).max()) < _NEAR * width
        and 0.5 < width_of(face) / width < 2.0
    ]  # fmt: skip
    return min(near, key=lambda face: float(np.linalg.norm(_centre(face) - middle)), default=None)


def _centre(face: Face) -> NDArray[np.float64]:
    return np.asarray((face.box[:2] + face.box[2:]) / 2, np.float64)
