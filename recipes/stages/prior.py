"""Stage ``prior``: the prior learns on from the motion of a finished motion VAE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import PriorStageConfig
from styletalker.recipes.stages.networks import network, save_network

__all__ = ["TrainPrior"]


class TrainPrior(Stage):
    """Trains the prior alone, to the likelihood of what the posterior sees in real clips.

    In the stage ``talker`` posterior and prior meet half-way; here the posterior stays, and the
    prior gets longer windows than there is memory for when everything is trained.
    """

    config: PriorStageConfig
    inputs: ClassVar[tuple[str, ...]] = ("frames",)
    optional_inputs: ClassVar[tuple[str, ...]] = (
        "generator",
        "inverter",
        "audio_encoder",
        "motion_vae",
        "prior",
    )
    outputs: ClassVar[Mapping[str, str]] = {"prior": "prior.safetensors"}
    roles: ClassVar[tuple[str, ...]] = (
        "generator",
        "inverter",
        "audio_encoder",
        "motion_vae",
        "prior",
    )

    def run(self, context: StageContext) -> None:
        """See the motion of all clips once, then train on it."""
        from styletalker.core.training.engine import train
        from styletalker.core.training.frames import FrameCache
        from styletalker.core.training.launch import accelerator_of
        from styletalker.recipes.objectives.likelihood import Likelihood, MotionSource, see

        config = self.config
        cache = FrameCache.open(context.inputs["frames"] / config.split)
        encoder = network(context, "audio_encoder").eval()
        clips = min(config.clips or cache.clips, cache.clips)
        with context.progress("motion of clips", clips) as progress:
            seen = see(
                cache,
                clips,
                network(context, "generator").eval(),
                network(context, "inverter").eval(),
                encoder,
                network(context, "motion_vae").eval(),
                progress.advance,
                device=accelerator_of(config.training),
            )
        source = MotionSource(
            seen, frames=config.frames, seed=context.seed, batch=config.training.batch
        )
        objective = Likelihood(network(context, "prior"))
        trained = train(context, objective, source, config.training)
        save_network(context, "prior", trained.modules["prior"], step=trained.step)
