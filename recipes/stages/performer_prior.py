"""Stage ``performer_prior``: the prior learns on from the motion of performances."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.networks import network, save_network
from styletalker.recipes.stages.performer import parametric
from styletalker.recipes.stages.performing_config import PerformerPriorConfig

if TYPE_CHECKING:
    from styletalker.core.interfaces.prior import Prior
    from styletalker.recipes.objectives.likelihood import Seen
    from torch import nn

__all__ = ["TrainPerformerPrior"]


class TrainPerformerPrior(Stage):
    """Trains the prior alone, to the likelihood of what the posterior sees in performances.

    As the stage ``prior``, for generators whose codes are animation parameters.
    """

    config: PerformerPriorConfig
    inputs: ClassVar[tuple[str, ...]] = ("performances",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("audio_encoder", "motion_vae", "prior")
    outputs: ClassVar[Mapping[str, str]] = {"prior": "prior.safetensors"}
    roles: ClassVar[tuple[str, ...]] = ("generator", "audio_encoder", "motion_vae", "prior")

    def run(self, context: StageContext) -> None:
        """See the motion of all clips once, then train on it."""
        from styletalker.core.training.engine import train
        from styletalker.recipes.objectives.likelihood import Likelihood, MotionSource

        config = self.config
        seen = self._seen(context, config.split, config.clips)
        checked = self._seen(context, config.check_split, 0) if config.check_split else []
        source = MotionSource(
            seen, frames=config.frames, seed=context.seed, batch=config.training.batch
        )
        prior = network(context, "prior")
        before = copy.deepcopy(prior)
        trained = train(context, Likelihood(prior), source, config.training)
        found = trained.modules["prior"]
        if checked:
            found = self._kept(context, before, found, checked, trained.step)
        save_network(context, "prior", found, step=trained.step)

    def _kept(
        self,
        context: StageContext,
        before: Prior,
        after: nn.Module,
        checked: Sequence[Seen],
        step: int,
    ) -> nn.Module:
        """What is kept of what was learnt, after it was measured."""
        from styletalker.recipes.objectives.blending import SHARES, best_blend
        from styletalker.recipes.objectives.likelihood import nats_of

        best = self.config.keep == "best"
        blend = best_blend(
            {"prior": before},
            {"prior": after},
            lambda some: nats_of(some["prior"], checked),
            shares=SHARES if best else (1.0,),
        )
        learnt = blend.errors[1.0]
        context.record(
            step,
            check_nats_before=blend.errors[0.0],
            check_nats_learnt=learnt,
            kept_share=blend.share if best else 1.0,
        )
        if best:
            context.say(blend.said("the motion's nats per frame"))
            return blend.modules["prior"]
        told = f"{learnt:.3f} nats per frame, before {blend.errors[0.0]:.3f}"
        context.say(f"motion of {self.config.check_split}: {told}")
        return after

    def _seen(self, context: StageContext, split: str, most: int) -> list[Seen]:
        """The motion of a split's clips: of the first *most*, or all if 0."""
        from styletalker.recipes.objectives.likelihood import see_performances
        from styletalker.recipes.objectives.performances import PerformanceCache

        cache = PerformanceCache(context.inputs["performances"] / split)
        clips = min(most or cache.clips, cache.clips)
        with context.progress(f"motion of clips of {split}", clips) as progress:
            return see_performances(
                cache,
                clips,
                parametric(context),
                network(context, "audio_encoder").eval(),
                network(context, "motion_vae").eval(),
                progress.advance,
            )
