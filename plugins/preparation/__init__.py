"""From raw videos to a training corpus: the command ``data`` and the stage ``prepare_corpus``."""

from __future__ import annotations

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.preparation.config import DataCommandConfig, PrepareCorpusConfig

__all__ = ["styletalker_components"]

_SOURCE = "docs/preparing-data.md"
_LICENCE = "Apache-2.0; the face analyser it is used with has a licence of its own"


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the command and the stage."""
    return [
        Component(
            role="command",
            name="data",
            target="styletalker.plugins.preparation.command:DataCommand",
            config=DataCommandConfig,
            summary="makes training corpora from raw videos: `toolkit data prepare`",
            source=_SOURCE,
            licence=_LICENCE,
            smoke={},
        ),
        Component(
            role="stage",
            name="prepare_corpus",
            target="styletalker.plugins.preparation.stages:PrepareCorpus",
            config=PrepareCorpusConfig,
            summary="turns raw videos into a corpus of shards, and says what was rejected and why",
            source=_SOURCE,
            licence=_LICENCE,
            smoke={"raw": "videos"},
        ),
    ]
