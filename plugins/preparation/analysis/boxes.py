"""Boxes of faces: how wide they are, where they lie, how much they have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import Face
from styletalker.plugins.preparation.analysis.patch import Patch

__all__ = ["in_picture", "overlap", "rotation", "width_of"]

FloatArray = NDArray[np.float64]


def in_picture(patch: Patch, face: Face) -> FloatArray:
    """The upright box [4] in the picture for a box in a patch."""
    box = np.asarray(face.box, np.float64)
    centre = patch.to_picture(((box[:2] + box[2:]) / 2)[None])[0]
    half = float(box[2] - box[0]) / 2 * float(np.linalg.norm(patch.turn[:, 0]))
    return np.concatenate([centre - half, centre + half])


def rotation(angle: float) -> FloatArray:
    """The matrix [2, 2] of a turn by *angle* radians, clockwise in a picture."""
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def width_of(face: Face) -> float:
    """The width of a face's box, in pixels."""
    return float(face.box[2] - face.box[0])


def overlap(face: Face, centre: FloatArray, width: float) -> float:
    """Intersection over union of a face's box and a square."""
    box = np.asarray(face.box, np.float64)
    low = np.maximum(box[:2], centre - width / 2)
    high = np.minimum(box[2:], centre + width / 2)
    common = float(np.prod(np.maximum(high - low, 0)))
    return common / (float(np.prod(box[2:] - box[:2])) + width**2 - common)
