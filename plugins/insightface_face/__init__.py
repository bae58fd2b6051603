"""Faces by insightface's models: boxes, landmarks and ArcFace identity vectors.

This module is imported by every ``toolkit`` command: it must import nothing heavy.
"""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.insightface_face.config import InsightfaceConfig

__all__ = ["styletalker_components"]


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
