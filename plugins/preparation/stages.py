"""The stage ``prepare_corpus``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.engine import open_engine
from styletalker.core.errors import MediaError, RunError
from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.plugins.preparation.config import PrepareCorpusConfig
from styletalker.plugins.preparation.lists import read_listing
from styletalker.plugins.preparation.prepare import prepare
from styletalker.plugins.preparation.summary import summary_of

__all__ = ["PrepareCorpus"]


class PrepareCorpus(Stage):
    """Turns raw videos into shards; a killed attempt keeps what it did."""

    config: PrepareCorpusConfig
    outputs: ClassVar[Mapping[str, str]] = {"corpus": "shards"}
    roles = ("face_analyser",)

    def run(self, context: StageContext) -> None:
        """Prepare, and tell what came of it.

        Raises:
            MediaError: nothing was good enough.
            RunError: an input could not be tried.
        """
        config = self.config
        listing = None
        if config.listing is not None:
            listing = read_listing(config.listing, config.listing_kind)
        workers = None if config.workers == "auto" else config.workers
        made = prepare(
            config.raw,
            context.outputs["corpus"],
            config,
            face_analyser=context.components.chosen("face_analyser"),
            registry=context.registry,
            engine=open_engine(config.engine, workers=workers, address=config.address),
            listing=listing,
            keep_parts=config.keep_parts,
            reporter=context.reporter,
        )
        for line in summary_of(made.totals):
            context.say(line)
        totals = made.totals
        context.record(0, clips=totals["clips"], kept_s=totals["kept_s"])
        if totals["inputs"]["failed"]:
            raise RunError("some inputs could not be tried; mend it and go on with --resume")
        if not totals["clips"]:
            raise MediaError(f"{config.raw}: nothing was good enough to be kept; see {made.page}")
