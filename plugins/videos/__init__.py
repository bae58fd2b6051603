"""A folder of videos as a corpus.

The plug-in brings the corpus ``videos``: talking videos of any kind, already cropped to the face.
"""

from __future__ import annotations

from pathlib import Path

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.videos.config import VideosConfig

__all__ = ["SAMPLE", "styletalker_components"]

SAMPLE = Path(__file__).parent / "sample"
"""Three videos of about a second at 48 px, of synthetic people; see README.md."""


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the corpus."""
    return [
        Component(
            role="corpus",
            name="videos",
            target="styletalker.plugins.videos.corpus:Videos",
            config=VideosConfig,
            summary="clips from a folder of talking videos that are cropped to the face",
            source="none: files as they are",
            licence="Apache-2.0",
            smoke={"folder": str(SAMPLE), "resolution": 48, "seconds": 0.6, "least_seconds": 0.2},
        ),
    ]
