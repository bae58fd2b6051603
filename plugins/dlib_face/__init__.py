"""Faces by dlib's public models: boxes, 68 landmarks and identity vectors, no download needed."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.dlib_face.config import DlibConfig

__all__ = ["styletalker_components"]


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the face analyser."""
    return [
        Component(
            role="face_analyser",
            name="dlib",
            target="styletalker.plugins.dlib_face.analyser:Dlib",
            config=DlibConfig,
            summary="HOG detector, 68 landmarks and 128-d identity vectors; weights included",
            source="HOG: Dalal & Triggs 2005; landmarks: Kazemi & Sullivan 2014; dlib (King 2009)",
            licence=(
                "Apache-2.0; dlib and its detector BSL-1.0; identity weights CC0-1.0; landmark "
                "weights trained on iBUG 300-W: no commercial use"
            ),
            smoke={},
        )
    ]
