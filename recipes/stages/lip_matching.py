"""Stage ``lip_matching``: the network that measures audio-video offsets from landmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.lip_config import LipMatchingConfig

__all__ = ["TrainLipMatching"]

_EXAMPLES = "examples.npz"
_CHECKED = 64
"""Clips on which it is tried at the end, at most."""


class TrainLipMatching(Stage):
    """Trains a :class:`~styletalker.plugins.preparation.offset.network.LipMatcher`.

    It learns from performances of the corpus ``puppet``, without a picture; examples are made
    once and kept in the stage's folder.
    """

    config: LipMatchingConfig
    inputs: ClassVar[tuple[str, ...]] = ("performances",)
    outputs: ClassVar[Mapping[str, str]] = {"lip_matcher": "lip-matcher.safetensors"}

    def run(self, context: StageContext) -> None:
        """Make examples, train, save, and count the unseen clips that are found in time."""
        from styletalker.core.checkpoint import save_checkpoint
        from styletalker.core.training.engine import train
        from styletalker.plugins.preparation.offset.network import LipMatcher
        from styletalker.recipes.objectives.lip_examples import build_examples
        from styletalker.recipes.objectives.lip_matching import (
            LipMatching,
            LipWindows,
            found_in_time,
        )
        from styletalker.recipes.objectives.performances import PerformanceCache

        config = self.config
        folder = context.inputs["performances"]

        def examples(split: str, file: str, clips: int) -> LipWindows:
            cache = PerformanceCache(folder / split)
            count = min(clips or cache.clips, cache.clips)
            with context.progress(f"examples {split}", count) as progress:
                built = build_examples(
                    context.directory / file,
                    cache,
                    clips=count,
                    takes=config.takes,
                    pace=config.pace,
                    spoiling=config.spoiling,
                    seed=context.seed,
                    progress=progress.advance,
                )
            return LipWindows(built, seed=context.seed, batch=config.training.batch)

        source = examples(config.split, _EXAMPLES, config.clips)
        options = {name: getattr(config, name) for name in ("channels", "blocks", "outputs")}
        objective = LipMatching(LipMatcher(**options))
        trained = train(context, objective, source, config.training)
        matcher = trained.modules["matcher"]
        assert isinstance(matcher, LipMatcher)
        save_checkpoint(
            context.outputs["lip_matcher"],
            {name: tensor.half() for name, tensor in matcher.state_dict().items()},
            options=options,
            step=trained.step,
            dtype="float16",
        )
        unseen = examples(config.check_split, f"check-{_EXAMPLES}", _CHECKED)
        rate = found_in_time(matcher, unseen)
        context.record(trained.step, unseen_in_time=rate)
        context.say(f"unseen people: {rate:.0%} of windows are found in time, give or take a frame")
