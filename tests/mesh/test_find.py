"""Photos that cannot be animated: the message says what would work."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.mesh.config import MeshFitConfig
from styletalker.plugins.mesh.find import fit_portrait
from styletalker.plugins.mesh.fitted import FittedHead
from styletalker.plugins.puppet.head import Frame, Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import parameters_from

Photo = NDArray[np.uint8]


@functools.cache
def shown(yaw: float = 0.0) -> Frame:
    head = Head(Identity.sample(np.random.default_rng(4)))
    return head.render(parameters_from(yaw=yaw), 256)


def fit(photo: Photo) -> FittedHead:
    return fit_portrait(photo, Dlib(DlibConfig(boxes=1)), MeshFitConfig(), "the portrait")


def test_a_dim_photo_is_fitted_and_a_dark_one_is_named() -> None:
    dim = fit((shown().image * 0.1).astype(np.uint8))
    assert dim.error_px / dim.eye_distance_px < 0.03
    with pytest.raises(InputError, match=r"too dark .* Brighten the picture"):
        fit((shown().image * 0.03).astype(np.uint8))


def test_a_tiny_face_is_named() -> None:
    photo = np.full((256, 256, 3), 128, np.uint8)
    photo[100:150, 100:150] = cv2.resize(shown().image, (50, 50), interpolation=cv2.INTER_AREA)
    with pytest.raises(InputError, match=r"too small.* larger photo"):
        fit(photo)


@pytest.mark.parametrize(("quarters", "how"), [(1, "lies on its side"), (2, "is upside down")])
def test_a_picture_to_be_turned_is_named(quarters: int, how: str) -> None:
    photo = np.ascontiguousarray(np.rot90(shown().image, quarters))
    with pytest.raises(InputError, match=rf"the face in the portrait {how}.* Turn the picture"):
        fit(photo)


def test_a_turned_face_is_named() -> None:
    with pytest.raises(InputError, match=r"turned too far .* both eyes"):
        fit(shown(yaw=40.0).image)


@pytest.mark.parametrize("light", [0, 255])
def test_an_empty_picture_has_no_face(light: int) -> None:
    with pytest.raises(InputError, match="no face was found in the portrait"):
        fit(np.full((128, 128, 3), light, np.uint8))
