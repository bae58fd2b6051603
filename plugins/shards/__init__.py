"""Corpora on disk: shards that any reader of WebDataset archives can stream.

The plug-in brings the corpus ``shards`` (reads them), the stage ``build_corpus`` (writes them in
a run) and the command ``corpus`` (build, preview, info).
"""

from __future__ import annotations

from pathlib import Path

from styletalker.core.component import Component
from styletalker.core.hookspecs import hookimpl
from styletalker.plugins.shards.config import (
    BuildCorpusConfig,
    CorpusCommandConfig,
    PreviewCorpusConfig,
    ShardsConfig,
)

__all__ = ["SAMPLE", "styletalker_components"]

SAMPLE = Path(__file__).parent / "sample"
"""Four clips of half a second at 32 px, made by ``toolkit corpus build puppet``; see README.md."""

_SOURCE = "WebDataset's tar layout: one group of files per sample"


@hookimpl
def styletalker_components() -> list[Component]:
    """Offer the corpus, the stages and the command."""
    return [
        Component(
            role="corpus",
            name="shards",
            target="styletalker.plugins.shards.corpus:Shards",
            config=ShardsConfig,
            summary="clips from a folder of shards on disk",
            source=_SOURCE,
            licence="Apache-2.0",
            smoke={"folder": str(SAMPLE)},
        ),
        Component(
            role="stage",
            name="build_corpus",
            target="styletalker.plugins.shards.stages:BuildCorpus",
            config=BuildCorpusConfig,
            summary="writes the recipe's corpus to shards on disk, in parallel",
            source=_SOURCE,
            licence="Apache-2.0",
            smoke={},
        ),
        Component(
            role="stage",
            name="preview_corpus",
            target="styletalker.plugins.shards.stages:PreviewCorpus",
            config=PreviewCorpusConfig,
            summary="a contact sheet and some clips of the recipe's corpus, with sound",
            source="none: a look",
            licence="Apache-2.0",
            smoke={"clips": 1},
        ),
        Component(
            role="command",
            name="corpus",
            target="styletalker.plugins.shards.command:CorpusCommand",
            config=CorpusCommandConfig,
            summary="builds, previews and describes corpora",
            source=_SOURCE,
            licence="Apache-2.0",
            smoke={},
        ),
    ]
