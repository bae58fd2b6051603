"""Stage ``corpus``: the recipe's corpus, rendered or decoded once for all stages after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import CorpusStageConfig

__all__ = ["CacheCorpus"]


class CacheCorpus(Stage):
    """Writes each split of the corpus to ``frames/SPLIT``, in parallel, for training to read.

    A killed attempt goes on after its last finished clip.
    """

    config: CorpusStageConfig
    outputs: ClassVar[Mapping[str, str]] = {"frames": "frames"}
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Write split after split."""
        from styletalker.core.training.frames import FrameCache
        from styletalker.recipes.stages.ahead import Ahead

        corpus, folder = context.corpus(), context.outputs["frames"]
        splits = self.config.splits or corpus.splits
        total = sum(corpus.count(split) for split in splits)
        workers = None if self.config.workers == "auto" else self.config.workers
        seconds = 0.0
        with context.progress("clips", total) as progress:
            for split in splits:
                with Ahead(corpus, split, workers=workers) as ahead:
                    cache = FrameCache.build(
                        folder / split, ahead, split, progress=progress.advance
                    )
                seconds += sum(cache.lengths) / cache.fps
        context.say(f"{total} clips, {seconds / 60:.1f} minutes in all")
        context.record(0, clips=total, seconds=seconds)
