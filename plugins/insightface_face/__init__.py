"""Faces by insightface's models: boxes, landmarks and ArcFace identity vectors.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.plugins.insightface_face.config import PACK, InsightfaceConfig

__all__ = ["styletalker_components", "styletalker_weights"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the face analyser."""
    return [
        Component(
            role="face_analyser",
            name="insightface",
            target="styletalker.plugins.insightface_face.analyser:Insightface",
            config=InsightfaceConfig,
            summary="SCRFD boxes, 68 landmarks, 512-d ArcFace vectors; takes a model pack",
            source="ArcFace: arXiv 1801.07698; SCRFD: arXiv 2105.04714",
            licence=(
                "Apache-2.0; insightface MIT; its model packs, not included, for non-commercial "
                "research only"
            ),
            smoke={"pack": "no-such-folder"},
        )
    ]


@hookimpl
def styletalker_weights() -> list[WeightsFamily]:
    """Name the model pack, so that it is listed: insightface itself reads it."""
    return [
        WeightsFamily(
            name="insightface-pack",
            summary="a model pack of insightface",
            recognise="styletalker.plugins.insightface_face.pack:in_weights_file",
            licence=PACK.licence,
            preprocessing="whole pictures; insightface looks for the faces",
            files=(PACK,),
        )
    ]
