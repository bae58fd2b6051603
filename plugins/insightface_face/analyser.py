"""The face analyser ``insightface``."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import CheckpointError, compose
from styletalker.core.interfaces.face_analyser import Face, FaceAnalyser
from styletalker.plugins.common.picture import check_picture
from styletalker.plugins.insightface_face.config import PACK, InsightfaceConfig
from styletalker.plugins.insightface_face.pack import find_pack

__all__ = ["Insightface"]

_MODULES = ("detection", "landmark_3d_68", "recognition")
_LANDMARKS = 68


class Insightface(FaceAnalyser):
    """Boxes by SCRFD, 68 landmarks, identity by ArcFace (512), of a model pack such as buffalo_l.

    **Landmarks** are those of the pack's model ``landmark_3d_68`` (its x and y); NaN in packs that
    have none.

    **Identity vectors** [512] are ArcFace's, not normalised. Two photos of one person have a cosine
    of about 0.4 to 0.8, two people's is near 0: never compare with dlib's.

    **Licence.** The code of insightface is MIT; its model packs are for non-commercial research
    only. They are not included, and downloaded only with the option ``download``.

    **Pitfall.** A face that fills the frame is found less surely at a large ``detection_side``.
    """

    config: InsightfaceConfig
    embedding_dim = 512

    def __init__(self, config: InsightfaceConfig) -> None:
        """Remember the options; the models load when first needed."""
        super().__init__(config)

    def analyse(self, image: NDArray[np.uint8], *, embed: bool = False) -> tuple[Face, ...]:
        """The faces in *image* [H, W, 3], the largest first; identity vectors if *embed*.

        Raises:
            InputError: *image* is not uint8 [H, W, 3] with at least one pixel.
            CheckpointError: the model pack, or the package insightface, is not there.
        """
        check_picture(image)
        app = _application(
            self.config.pack,
            self.config.download,
            self.config.detection_side,
            self.config.threshold,
        )
        bgr = np.ascontiguousarray(image[..., ::-1])
        boxes, points = app.det_model.detect(bgr, max_num=0)
        found = [
            _face(app, bgr, box, None if points is None else points[k], embed=embed)
            for k, box in enumerate(boxes)
        ]
        return tuple(sorted(found, key=lambda face: -_area(face)))


def _face(app: Any, bgr: NDArray[np.uint8], box: Any, points: Any, *, embed: bool) -> Face:
    from insightface.app.common import Face as Found

    found = Found(bbox=box[:4], kps=points, det_score=box[4])
    landmarks = np.full((_LANDMARKS, 2), np.nan, np.float32)
    if "landmark_3d_68" in app.models:
        app.models["landmark_3d_68"].get(bgr, found)
        landmarks = np.asarray(found.landmark_3d_68[:, :2], np.float32)
    embedding = None
    if embed:
        app.models["recognition"].get(bgr, found)
        embedding = np.asarray(found.embedding, np.float32)
    return Face(
        box=np.asarray(box[:4], np.float32),
        score=float(box[4]),
        landmarks=landmarks,
        embedding=embedding,
    )


def _area(face: Face) -> float:
    return float((face.box[2] - face.box[0]) * (face.box[3] - face.box[1]))


@functools.lru_cache(maxsize=4)
def _application(pack: str, download: bool, side: int, threshold: float) -> Any:
    """Insightface's application with a pack's models, once in a process; on the CPU."""
    if importlib.util.find_spec("insightface") is None:
        fix = "Run `pip install 'styletalker[insightface]'`."
        raise CheckpointError(compose("the package insightface is not installed", fix=fix))
    from insightface.app import FaceAnalysis

    folder = find_pack(pack, download=download)
    try:
        app = FaceAnalysis(
            # a name that is no folder makes insightface download it
            name=str(folder.resolve()) if folder.is_dir() else PACK.name,
            allowed_modules=list(_MODULES),
            providers=["CPUExecutionProvider"],
        )
    except AssertionError as error:
        raise CheckpointError(_incomplete(folder, "a detection model")) from error
    if "recognition" not in app.models:
        raise CheckpointError(_incomplete(folder, "a recognition model"))
    app.prepare(ctx_id=-1, det_thresh=threshold, det_size=(side, side))
    return app


def _incomplete(folder: Path, what: str) -> str:
    held = sorted(path.name for path in folder.glob("*.onnx"))
    given = ", ".join(held) or "no .onnx file"
    return compose("is no complete model pack", where=str(folder), expected=what, given=given)
