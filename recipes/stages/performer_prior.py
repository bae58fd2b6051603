"""Stage ``performer_prior``: the prior learns on from the motion of performances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.networks import network, save_network
from styletalker.recipes.stages.performer import parametric
from styletalker.recipes.stages.performing_config import PerformerPriorConfig

__all__ = ["TrainPerformerPrior"]


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
        from styletalker.recipes.objectives.likelihood import (
            Likelihood,
            MotionSource,
            see_performances,
        )
        from styletalker.recipes.objectives.performances import PerformanceCache

        config = self.config
        cache = PerformanceCache(context.inputs["performances"] / config.split)
        clips = min(config.clips or cache.clips, cache.clips)
        with context.progress("motion of clips", clips) as progress:
            seen = see_performances(
                cache,
                clips,
                parametric(context),
                network(context, "audio_encoder").eval(),
                network(context, "motion_vae").eval(),
                progress.advance,
            )
        source = MotionSource(
            seen, frames=config.frames, seed=context.seed, batch=config.training.batch
        )
        prior = network(context, "prior")
        if isinstance(prior, Alignable):
            found = coordinates_of(seen)
            prior.align(found.basis, found.reach)
        objective = Likelihood(prior, noise=config.noise)
        trained = train(context, objective, source, config.training)
        save_network(context, "prior", trained.modules["prior"], step=trained.step)
