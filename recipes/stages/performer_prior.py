"""Stage ``performer_prior``: the prior learns on from the motion of performances."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.networks import network, save_network
from styletalker.recipes.stages.performer import parametric
from styletalker.recipes.stages.performing_config import PerformerPriorConfig

if TYPE_CHECKING:
    from styletalker.recipes.objectives.likelihood import Seen
    from torch import nn

__all__ = ["TrainPerformerPrior"]

_MANNER = "the distance of how much and how fast it moves"


class TrainPerformerPrior(Stage):
    """Trains the prior alone, to the likelihood of what the posterior sees in performances.

    As the stage ``prior``, for generators whose codes are animation parameters. A prior that is
    :class:`~styletalker.core.interfaces.prior.Alignable` begins with coordinates of motion that
    are animation parameters.
    """

    config: PerformerPriorConfig
    inputs: ClassVar[tuple[str, ...]] = ("performances",)
    optional_inputs: ClassVar[tuple[str, ...]] = ("audio_encoder", "motion_vae", "prior")
    outputs: ClassVar[Mapping[str, str]] = {"prior": "prior.safetensors"}
    roles: ClassVar[tuple[str, ...]] = ("generator", "audio_encoder", "motion_vae", "prior")

    def run(self, context: StageContext) -> None:
        """See the motion of all clips once, then train on it."""
        from styletalker.core.interfaces.prior import Alignable
        from styletalker.core.training.engine import train
        from styletalker.recipes.objectives.basis import coordinates_of
        from styletalker.recipes.objectives.likelihood import Likelihood, MotionSource

        config = self.config
        seen = self._seen(context, config.split, config.clips)
        source = MotionSource(
            seen, frames=config.frames, seed=context.seed, batch=config.training.batch
        )
        prior = network(context, "prior")
        before = copy.deepcopy(prior).eval()
        if isinstance(prior, Alignable) and not prior.aligned:
            coordinates = coordinates_of(seen)
            prior.align(coordinates.basis, coordinates.reach)
        objective = Likelihood(prior, noise=config.noise, disturbance=config.disturbance)
        trained = train(context, objective, source, config.training)
        found = trained.modules["prior"]
        if config.check_split:
            found = self._kept(context, before, found, trained.step)
        save_network(context, "prior", found, step=trained.step)

    def _kept(
        self, context: StageContext, before: nn.Module, after: nn.Module, step: int
    ) -> nn.Module:
        """What is kept of what was learnt, after it was measured."""
        from styletalker.recipes.objectives.blending import SHARES, best_blend
        from styletalker.recipes.objectives.manner_check import manner_distance
        from styletalker.recipes.objectives.performances import PerformanceCache
        from styletalker.recipes.objectives.person import Speaking

        cache = PerformanceCache(context.inputs["performances"] / self.config.check_split)
        generator, best = parametric(context), self.config.keep == "best"
        encoder = network(context, "audio_encoder").eval()
        vae = network(context, "motion_vae").eval()

        def error(some: Mapping[str, Any]) -> float:
            speaking = Speaking(audio_encoder=encoder, motion_vae=vae, prior=some["prior"])
            return manner_distance(cache, generator, speaking)

        shares = SHARES if best else (1.0,)
        blend = best_blend({"prior": before}, {"prior": after}, error, shares=shares)
        old, new = blend.errors[0.0], blend.errors[1.0]
        share = blend.share if best else 1.0
        context.record(step, manner_before=old, manner_learnt=new, kept_share=share)
        if best:
            context.say(blend.said(_MANNER))
            return blend.modules["prior"]
        context.say(f"{_MANNER} on {self.config.check_split}: {new:.4f}, before {old:.4f}")
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
