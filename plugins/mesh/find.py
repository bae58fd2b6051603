"""Finding the face of a portrait, and refusing what cannot be animated, in words."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.face_analyser import FaceAnalyser
from styletalker.plugins.mesh.config import MeshFitConfig
from styletalker.plugins.mesh.fit import fit_head
from styletalker.plugins.mesh.fitted import FittedHead
from styletalker.plugins.mesh.solve import eye_distance

__all__ = ["fit_portrait", "yaw_of"]

_CENTRE = 0.5
"""Analysers have a pixel's centre at .5, the fit at 0."""
_DARK, _LIT = 64.0, 200.0
"""Pictures whose bright parts are darker than the first are also searched as if they were as light
as the second."""
_ENLARGED_UP_TO = 640
"""Pictures up to this size are also searched three times as large, px."""
_SURE = 1.0
"""Score from which on dlib's detector is sure of a face: upright ones of photos have 1.4 and more,
those upside down that it finds at all have 0.2 to 0.7."""
_TURNED = {1: "lies on its side", 2: "is upside down", 3: "lies on its side"}
"""What a face is that is found after so many quarter turns."""
_CLOSER = "Crop the picture closer to the face, or choose a larger photo."


def fit_portrait(photo: NDArray[np.uint8], analyser: FaceAnalyser, config: MeshFitConfig, name: str
                 ) -> FittedHead:  # fmt: skip
    """The head of the largest face in *photo* [H, W, 3]; messages call the picture *name*.

    Raises:
        InputError: there is no face, or it is too small, turned away or not like a face's.
    """
    faces = analyser.analyse(photo)
    if not faces:
        raise _none_found(photo, analyser, name)
    if faces[0].score < _SURE:
        turned = _to_be_turned(photo, analyser, name, float(faces[0].score))
        if turned:
            raise turned
    landmarks = faces[0].landmarks.astype(np.float64) - _CENTRE
    apart = eye_distance(landmarks)
    if apart < config.least_eyes_px:
        expected = f"at least {config.least_eyes_px:g} px between the eyes"
        problem = f"the face in {name} is too small"
        given = f"{apart:.0f} px"
        raise InputError(compose(problem, expected=expected, given=given, fix=_CLOSER))
    head = fit_head(landmarks, photo)
    yaw = yaw_of(head)
    if abs(yaw) > config.most_yaw_deg:
        problem = f"the face in {name} is turned too far to the side"
        expected = f"at most {config.most_yaw_deg:g} degrees"
        fix = "Choose a photo in which both eyes and both corners of the mouth are seen."
        given = f"{abs(yaw):.0f} degrees"
        raise InputError(compose(problem, expected=expected, given=given, fix=fix))
    error = head.error_px / head.eye_distance_px
    if error > config.most_error:
        problem = f"the face in {name} does not fit a human face model"
        expected = f"a mean error of at most {config.most_error:g} of the eyes' distance"
        fix = (
            "Choose a photo with eyes, nose and mouth uncovered; cartoons and animals rarely work."
        )
        given = f"{error:.3f}"
        raise InputError(compose(problem, expected=expected, given=given, fix=fix))
    return head


def _to_be_turned(photo: NDArray[np.uint8], analyser: FaceAnalyser, name: str, score: float
                  ) -> InputError | None:  # fmt: skip
    """The error for a picture in which a face is found with more than *score* once it is turned."""
    for quarters, how in _TURNED.items():
        faces = analyser.analyse(np.ascontiguousarray(np.rot90(photo, quarters)))
        if faces and faces[0].score > score:
            fix = "Turn the picture so that the eyes are above the mouth."
            return InputError(compose(f"the face in {name} {how}", fix=fix))
    return None


def _none_found(photo: NDArray[np.uint8], analyser: FaceAnalyser, name: str) -> InputError:
    """The error for a picture without a face: another form of it may show what is amiss."""
    light = float(np.percentile(photo.max(-1), 95))
    if 0 < light < _DARK:
        lit = np.clip(photo * (_LIT / light), 0, 255).astype(np.uint8)
        if analyser.analyse(lit):
            problem, given = f"the face in {name} is too dark to be found", f"{light:.0f}"
            expected = f"bright parts of at least {_DARK:g} of 255"
            fix = "Brighten the picture, or choose a photo with more light on the face."
            return InputError(compose(problem, expected=expected, given=given, fix=fix))
    if turned := _to_be_turned(photo, analyser, name, 0.0):
        return turned
    if max(photo.shape[:2]) <= _ENLARGED_UP_TO:
        large = cv2.resize(photo, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        if analyser.analyse(np.asarray(large, np.uint8)):
            return InputError(compose(f"the face in {name} is too small to be found", fix=_CLOSER))
    return InputError(
        compose(
            f"no face was found in {name}",
            expected="a face that looks into the camera, neither covered nor very dark",
            fix="Crop the picture closer to the face, or choose another photo.",
        )
    )


def yaw_of(head: FittedHead) -> float:
    """The photo's yaw in degrees: positive turns the nose to the right of the image."""
    forward = head.rotation[:, 2]
    return float(np.degrees(np.arctan2(forward[0], forward[2])))
