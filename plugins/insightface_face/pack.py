"""Where the model pack is, without importing insightface."""

from __future__ import annotations

from pathlib import Path

from styletalker.core.errors import CheckpointError
from styletalker.core.public_files import (
    find_public_file,
    found_in_folders,
    missing_text,
    weights_folder,
)
from styletalker.plugins.insightface_face.config import PACK

__all__ = ["RECOGNITION", "find_pack", "in_weights_file", "own_folder"]

RECOGNITION = "w600k_r50.onnx"
"""The ArcFace network of ``buffalo_l``: ResNet-50 on WebFace600K."""


def own_folder() -> Path:
    """Where insightface itself puts the pack."""
    return Path.home() / ".insightface" / "models" / PACK.name


def find_pack(given: str = "", *, download: bool = False) -> Path:
    """The folder of the pack: *given*; else in a weights folder; else where insightface puts it.

    Raises:
        CheckpointError: it is nowhere, and *download* is false; or there is no such folder.
    """
    if given:
        return find_public_file(PACK, given)
    for folder in (found_in_folders(PACK.name), own_folder()):
        if folder is not None and folder.is_dir():
            return folder
    if download:
        return own_folder()  # insightface downloads it there when it is built
    raise CheckpointError(missing_text(PACK, weights_folder() / PACK.name))


def in_weights_file(_: object) -> None:
    """None: a pack is a folder of ONNX files, which no weight file holds."""
