"""The stages ``build_corpus`` and ``preview_corpus``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.plugins.shards.build import build_corpus, plan_of
from styletalker.plugins.shards.config import BuildCorpusConfig, PreviewCorpusConfig
from styletalker.plugins.shards.preview import preview

__all__ = ["BuildCorpus", "PreviewCorpus"]


class BuildCorpus(Stage):
    """Writes the recipe's corpus to shards; a killed attempt keeps its finished shards."""

    config: BuildCorpusConfig
    outputs: ClassVar[Mapping[str, str]] = {"corpus": "shards"}
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Plan, then write what is missing."""
        corpus = context.corpus()
        plan = plan_of(
            corpus,
            context.corpus_description(),
            splits=self.config.splits,
            clips_per_shard=self.config.clips_per_shard,
            quality=self.config.quality,
        )
        workers = None if self.config.workers == "auto" else self.config.workers
        clips = sum(plan.counts.values())
        with context.progress("clips", clips) as progress:
            folder = context.outputs["corpus"]
            build_corpus(corpus, plan, folder, workers=workers, done=progress.advance)
        context.record(0, clips=clips, shards=len(plan.shards))


class PreviewCorpus(Stage):
    """Writes a contact sheet, and clips as videos with their ground truth beside them."""

    config: PreviewCorpusConfig
    outputs: ClassVar[Mapping[str, str]] = {"preview": "preview"}
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Render and write."""
        corpus, folder = context.corpus(), context.outputs["preview"]
        clips = min(self.config.clips, corpus.count(self.config.split))
        with context.progress("clips", clips) as progress:
            preview(corpus, self.config.split, clips, folder, progress.advance)
