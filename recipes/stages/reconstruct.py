"""Stages ``generator`` and ``inverter``: a portrait, moved as another frame, must be that frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from styletalker.core.errors import ConfigError, compose
from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import ReconstructConfig
from styletalker.recipes.stages.networks import network, save_network

if TYPE_CHECKING:
    from styletalker.recipes.objectives.pairs import PairSource

__all__ = ["TrainGenerator", "TrainInverter"]


class TrainGenerator(Stage):
    """Trains generator and inverter together on pairs of frames of one clip."""

    config: ReconstructConfig
    inputs: ClassVar[tuple[str, ...]] = ("frames",)
    outputs: ClassVar[Mapping[str, str]] = {
        "generator": "generator.safetensors",
        "inverter": "inverter.safetensors",
        "sheet": "sheet.png",
    }
    roles: ClassVar[tuple[str, ...]] = ("generator", "inverter")
    optional_inputs: ClassVar[tuple[str, ...]] = ("generator", "inverter")
    trains_generator = True

    def run(self, context: StageContext) -> None:
        """Train, save, show people the networks have never seen."""
        from styletalker.core.interfaces.generator import check_differentiable
        from styletalker.core.training.engine import train
        from styletalker.core.training.frames import FrameCache
        from styletalker.recipes.objectives.pairs import PairSource
        from styletalker.recipes.objectives.reconstruction import Reconstruction
        from styletalker.recipes.stages.pair_sheet import PairSheet

        config, frames = self.config, context.inputs["frames"]
        source = PairSource(
            FrameCache.open(frames / config.split),
            seed=context.seed,
            batch=config.training.batch,
            targets=config.targets,
        )
        self._check(source)
        generator, inverter = network(context, "generator"), network(context, "inverter")
        check_differentiable(generator, f"stage {context.name}")
        objective = Reconstruction(
            generator,
            inverter,
            config.losses,
            parameters=source.parameters,
            train_generator=self.trains_generator,
            frozen=config.frozen,
        )
        unseen = FrameCache.open(frames / config.sheet_split)
        sheet = PairSheet(unseen, context, context.outputs["sheet"])
        trained = train(context, objective, source, config.training, sampler=sheet)
        for role in ("generator", "inverter"):
            if role in self.outputs:
                save_network(context, role, trained.modules[role], step=trained.step)

    def _check(self, source: PairSource) -> None:
        """Refuse losses that need what the corpus does not know."""
        losses = self.config.losses
        unknown = {
            "hints": losses.hints > 0 and not source.parameters,
            "flow": losses.flow > 0 and not source.knows_landmarks,
            "landmarks": losses.landmarks > 0 and not source.knows_landmarks,
            "features": losses.features > 0 and not source.knows_landmarks,
        }
        for name, missing in unknown.items():
            if missing:
                needs = "animation parameters" if name == "hints" else "landmarks"
                problem = f"the loss {name!r} needs {needs}, which the corpus does not know"
                raise ConfigError(compose(problem, fix=f"Set losses.{name} to 0."))


class TrainInverter(TrainGenerator):
    """Trains an inverter for a generator that stays as it is."""

    outputs: ClassVar[Mapping[str, str]] = {
        "inverter": "inverter.safetensors",
        "sheet": "sheet.png",
    }
    trains_generator = False
