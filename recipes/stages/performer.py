"""Stage ``performer``: a talker for a generator whose codes are animation parameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.networks import network, save_network
from styletalker.recipes.stages.performing_config import PerformerConfig
from styletalker.recipes.stages.talker import TALKER

if TYPE_CHECKING:
    from styletalker.core.interfaces.generator import Parametric
    from styletalker.recipes.objectives.performances import PerformanceCache
    from styletalker.recipes.objectives.performing import Performing
    from styletalker.recipes.objectives.windows import Window

__all__ = ["TrainPerformer"]


class TrainPerformer(Stage):
    """Trains audio encoder, motion VAE and prior on performances, without a picture.

    The generator must be :class:`~styletalker.core.interfaces.generator.Parametric`.
    """

    config: PerformerConfig
    inputs: ClassVar[tuple[str, ...]] = ("performances",)
    optional_inputs: ClassVar[tuple[str, ...]] = TALKER
    roles: ClassVar[tuple[str, ...]] = ("generator", *TALKER)

    @property
    def outputs(self) -> Mapping[str, str]:  # type: ignore[override]
        """The three networks."""
        return {role: f"{role}.safetensors" for role in TALKER}

    def run(self, context: StageContext) -> None:
        """Train, save, and measure on people that were not learnt from."""
        from styletalker.core.training.engine import train
        from styletalker.recipes.objectives.blending import best_blend
        from styletalker.recipes.objectives.performance_check import lip_errors
        from styletalker.recipes.objectives.performance_windows import PerformanceSource
        from styletalker.recipes.objectives.performances import PerformanceCache
        from styletalker.recipes.objectives.windows import Window

        config = self.config
        folder = context.inputs["performances"]
        cache = PerformanceCache(folder / config.split)
        generator = parametric(context)
        encoder = network(context, "audio_encoder")
        window = Window(frames=config.frames, before=config.before, after=encoder.look_ahead_frames)
        source = PerformanceSource(
            cache,
            window,
            lambda parameters: generator.codes_of(parameters, cache.parameter_names),
            generator.rest_code(),
            seed=context.seed,
            batch=config.training.batch,
            pace=config.pace,
            spoiling=config.spoiling,
        )
        objective = self._objective(context, generator, cache, encoder, window)
        before = copy.deepcopy(dict(objective.averaged())) if config.keep == "best" else {}
        trained = train(context, objective, source, config.training)
        check = PerformanceCache(folder / config.check_split)
        lips = generator.channels_of(config.by_sound)
        modules = trained.modules
        if before:
            blend = best_blend(
                before, modules, lambda some: lip_errors(check, generator, some, lips).error
            )
            modules = blend.modules
            context.say(blend.said("the mean error of lips"))
            context.record(trained.step, kept_share=blend.share)
        for role in TALKER:
            save_network(context, role, modules[role], step=trained.step)
        errors = lip_errors(check, generator, modules, lips)
        context.say(f"unseen clips: {errors.said()}")
        context.record(trained.step, **errors.figures())

    def _objective(
        self,
        context: StageContext,
        generator: Parametric,
        cache: PerformanceCache,
        encoder: Any,
        window: Window,
    ) -> Performing:
        import torch
        from styletalker.recipes.objectives.performance_check import deviation_of
        from styletalker.recipes.objectives.performing import Performing

        return Performing(
            encoder,
            network(context, "motion_vae"),
            network(context, "prior"),
            deviation=torch.from_numpy(deviation_of(cache, generator)),
            lips=torch.from_numpy(generator.channels_of(self.config.by_sound)),
            contacts=torch.from_numpy(generator.channels_of(self.config.contacts)),
            window=window,
            losses=self.config.losses,
        )


def parametric(context: StageContext) -> Parametric:
    """The recipe's generator, whose codes are animation parameters.

    Raises:
        ConfigError: they are not.
    """
    from styletalker.core.errors import ConfigError, compose
    from styletalker.core.interfaces.generator import Parametric

    generator = network(context, "generator")
    if not isinstance(generator, Parametric):
        kind = context.components.chosen("generator").type
        problem = f"the codes of generator {kind} are not animation parameters"
        raise ConfigError(compose(problem, fix="Train its talker with the stage `talker`."))
    return generator
