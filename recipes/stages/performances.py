"""Stage ``performances``: the recipe's corpus without its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.performing_config import PerformancesConfig

__all__ = ["CachePerformances"]


class CachePerformances(Stage):
    """Writes speech and animation parameters of each split to ``performances/SPLIT``.

    A thousand clips take a minute. A killed attempt goes on with the first unfinished split.
    """

    config: PerformancesConfig
    outputs: ClassVar[Mapping[str, str]] = {"performances": "performances"}
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Write split after split."""
        from styletalker.recipes.objectives.performances import PerformanceCache

        corpus, folder = context.corpus(), context.outputs["performances"]
        splits = self.config.splits or corpus.splits
        total = sum(corpus.count(split) for split in splits)
        seconds = 0.0
        with context.progress("performances", total) as progress:
            for split in splits:
                cache = PerformanceCache.build(
                    folder / split, corpus, split, progress=progress.advance
                )
                seconds += sum(cache.lengths) / cache.fps
        context.say(f"{total} performances, {seconds / 60:.1f} minutes in all")
        context.record(0, clips=total, seconds=seconds)
