"""The astronaut's face, fitted, warped and painted: for the tests of mouth and eyes."""

from __future__ import annotations

import functools
from typing import Any, Protocol

import attrs
import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.mesh.animate import AnimatedPhoto
from styletalker.plugins.mesh.eyes import EyesPainter
from styletalker.plugins.mesh.fit import fit_head
from styletalker.plugins.mesh.fitted import Posed, pose
from styletalker.plugins.mesh.mouth import MouthPainter
from styletalker.plugins.puppet.parameters import parameters_from

__all__ = ["Painted", "Painter", "Subject", "analyser", "aperture", "eye_openness", "subject"]

_FACE = (slice(20, 290), slice(95, 365))


class Painter(Protocol):
    """What mouth and eyes have in common."""

    def paint(
        self, canvas: NDArray[np.float32], posed: Posed, parameters: NDArray[np.float32],
        own_mouth: float,
    ) -> None: ...  # fmt: skip


@attrs.frozen(kw_only=True, eq=False)
class Painted:
    """One frame before and after a painter."""

    before: NDArray[np.float32]
    """[H, W, 3] the warped photo."""
    after: NDArray[np.float32]
    """[H, W, 3]."""
    posed: Posed
    """Where the head was."""

    @property
    def changed(self) -> NDArray[np.bool_]:
        """[H, W] which pixels the painter touched."""
        return np.asarray(np.abs(self.after - self.before).max(-1) > 1e-3)

    @property
    def image(self) -> NDArray[np.uint8]:
        """[H, W, 3] as written to a video."""
        return np.asarray(np.clip(self.after + 0.5, 0, 255), np.uint8)


@attrs.frozen(kw_only=True, eq=False)
class Subject:
    """A photo that can be animated."""

    photo: NDArray[np.uint8]
    animated: AnimatedPhoto
    mouth: MouthPainter
    eyes: EyesPainter

    def paint(self, painter: Painter, own_mouth: float, **values: float) -> Painted:
        """The frame under *values*, before and after *painter*."""
        parameters = parameters_from(**values)
        posed = pose(self.animated.head, parameters, own_mouth)
        before = self.animated.warped(posed, own_mouth)
        after = before.copy()
        painter.paint(after, posed, parameters, own_mouth)
        return Painted(before=before, after=after, posed=posed)


@functools.cache
def analyser() -> Dlib:
    """The face analyser of all tests."""
    return Dlib(DlibConfig())


@functools.cache
def subject(size: int = 384) -> Subject:
    """The astronaut at *size* px, smiling with visible teeth."""
    astronaut: Any = skimage.data.astronaut
    crop = np.ascontiguousarray(astronaut()[_FACE])
    large = np.asarray(cv2.resize(crop, (512, 512), interpolation=cv2.INTER_CUBIC), np.uint8)
    landmarks = analyser().analyse(large)[0].landmarks * (size / 512) - 0.5
    way = cv2.INTER_AREA if size < crop.shape[0] else cv2.INTER_CUBIC
    photo = np.asarray(cv2.resize(crop, (size, size), interpolation=way), np.uint8)
    head = fit_head(landmarks, photo)
    return Subject(
        photo=photo,
        animated=AnimatedPhoto(head, photo),
        mouth=MouthPainter(head, photo),
        eyes=EyesPainter(head, photo),
    )


def _landmarks(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return analyser().analyse(image)[0].landmarks


def aperture(image: NDArray[np.uint8]) -> float:
    """Gap of the inner lips over the distance of the eyes, by dlib."""
    points = _landmarks(image)
    gap = np.linalg.norm(points[[61, 62, 63]] - points[[67, 66, 65]], axis=1).mean()
    return float(gap / np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0)))


def eye_openness(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Height over width of the left and the right eye, by dlib."""
    points = _landmarks(image)
    eyes = points[36:42], points[42:48]
    left, right = (
        float(
            (np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4]))
            / (2 * np.linalg.norm(eye[0] - eye[3]))
        )
        for eye in eyes
    )
    return left, right
