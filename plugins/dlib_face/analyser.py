"""The face analyser ``dlib``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import cv2
import dlib
import numpy as np
from numpy.typing import NDArray
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.plugins.common.picture import check_picture
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.dlib_face.models import identity_model, landmark_model

__all__ = ["Dlib"]

_SHIFT = 0.04
"""By which part of its width a box is shifted: what the detector's own boxes differ by."""


class Dlib(FaceAnalyser):
    """Boxes by HOG, 68 landmarks by regression trees, identity by a residual network.

    **Coordinates** are those of the given image, a pixel's centre at .5; small images are
    enlarged inside, which also makes the landmarks, whole pixels by nature, finer.

    **Identity vectors** [128] are dlib's own, not normalised (their length is about 1.4). The
    authors call two faces the same person if the Euclidean distance is below 0.6; the cosine
    similarity of a pair at that distance is about 0.9, far above what other networks give for
    strangers: never compare such numbers with theirs.

    **Pitfalls.** The detector was trained on frontal faces of 80 px: it loses profiles (over
    about 40 degrees), and a box moves in steps of some pixels between frames. Landmarks of
    closed lips do not meet: see :mod:`styletalker.evaluation.mouth`. One thread at a time.
    """

    config: DlibConfig
    embedding_dim = 128

    def __init__(self, config: DlibConfig) -> None:
        """Prepare the detector; the other models load when first needed."""
        super().__init__(config)
        self._detector: Any = dlib.get_frontal_face_detector()

    def __reduce__(self) -> tuple[type[Dlib], tuple[DlibConfig]]:
        """A copy in another process makes its own detector."""
        return type(self), (self.config,)

    def analyse(self, image: NDArray[np.uint8], *, embed: bool = False) -> tuple[Face, ...]:
        """The faces in *image* [H, W, 3], the largest first; identity vectors if *embed*.

        Raises:
            InputError: *image* is not uint8 [H, W, 3] with at least one pixel.
            CheckpointError: a model file is missing.
        """
        large, scale = self._enlarged(image)
        boxes, scores = self._detect(large)
        faces = [
            self._face(large, scale, box, score, embed=embed)
            for box, score in zip(boxes, scores, strict=True)
        ]
        return tuple(sorted(faces, key=lambda face: -_area(face.box)))

    def follow(self, image: NDArray[np.uint8], box: NDArray[np.float32]) -> Face:
        """Landmarks of the face that must be in *box* [4], without asking the detector.

        What :func:`styletalker.evaluation.tracking.track` does between two detections. The
        score is NaN: nothing has checked that a face is there.
        """
        large, scale = self._enlarged(image)
        left, top, right, bottom = (round(float(v)) for v in np.asarray(box) * scale)
        return self._face(large, scale, dlib.rectangle(left, top, right - 1, bottom - 1), np.nan)

    def _enlarged(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
        """The image as the models see it, and by how much it is larger."""
        check_picture(image)
        rows, columns = image.shape[:2]
        scale = max(1.0, self.config.min_side / min(rows, columns))
        if scale == 1.0:
            return np.ascontiguousarray(image), 1.0
        size = (round(columns * scale), round(rows * scale))
        large = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
        return np.asarray(large, np.uint8), scale

    def _detect(self, image: NDArray[np.uint8]) -> tuple[list[Any], list[float]]:
        """Dlib's rectangles and scores, upsampling on while there is none."""
        first = self.config.upsample
        for upsample in range(first, first + self.config.upsample_on_miss + 1):
            boxes, scores, _ = self._detector.run(image, upsample, self.config.threshold)
            if len(boxes):
                return list(boxes), list(scores)
        return [], []

    def _face(
        self,
        image: NDArray[np.uint8],
        scale: float,
        box: Any,
        score: float,
        *,
        embed: bool = False,
    ) -> Face:
        shape = landmark_model()(image, box)
        points = np.mean([_points(shape), *self._more_points(image, box)], 0)
        sides = np.array([box.left(), box.top(), box.right() + 1, box.bottom() + 1], np.float64)
        face = Face(
            box=(sides / scale).astype(np.float32),
            score=float(score),
            landmarks=((points + 0.5) / scale).astype(np.float32),
        )
        if not embed:
            return face
        vector = np.array(identity_model().compute_face_descriptor(image, shape), np.float32)
        return attrs.evolve(face, embedding=vector)

    def _more_points(self, image: NDArray[np.uint8], box: Any) -> Iterator[NDArray[np.float64]]:
        """Landmarks [68, 2] by boxes around *box*, shifted along a circle."""
        more = self.config.boxes - 1
        for k in range(more):
            angle, reach = 2 * np.pi * k / more, _SHIFT * box.width()
            x, y = round(reach * np.cos(angle)), round(reach * np.sin(angle))
            yield _points(landmark_model()(image, dlib.translate_rect(box, dlib.point(x, y))))


def _points(shape: Any) -> NDArray[np.float64]:
    return np.array([(point.x, point.y) for point in shape.parts()], np.float64)


def _area(box: NDArray[np.float32]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
