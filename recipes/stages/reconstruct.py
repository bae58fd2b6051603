"""Stages ``generator`` and ``inverter``: a portrait, moved as another frame, must be that frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, ClassVar

import attrs
from styletalker.core.errors import ConfigError, compose
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import ReconstructConfig
from styletalker.recipes.stages.networks import network, save_network
from styletalker.recipes.stages.streaming import StreamingStage, clip_stream, frames_to_try

if TYPE_CHECKING:
    from styletalker.core.training.source import Source

__all__ = ["TrainGenerator", "TrainInverter"]

_MEASURED = 64
"""Clips whose animation parameters say how much each varies, when clips are streamed."""


@attrs.frozen(kw_only=True)
class _Known:
    """What a corpus knows of its frames."""

    parameters: int
    """Number of animation parameters; 0 for none."""
    landmarks: bool


class TrainGenerator(StreamingStage):
    """Trains generator and inverter together on pairs of frames of one clip."""

    config: ReconstructConfig
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
        from styletalker.recipes.objectives.reconstruction import Reconstruction
        from styletalker.recipes.stages.pair_sheet import PEOPLE, PairSheet

        config = self.config
        opened, known = self._source(context)
        self._check(known)
        generator, inverter = network(context, "generator"), network(context, "inverter")
        check_differentiable(generator, f"stage {context.name}")
        objective = Reconstruction(
            generator,
            inverter,
            config.losses,
            parameters=known.parameters,
            train_generator=self.trains_generator,
            frozen=config.frozen,
        )
        unseen = frames_to_try(context, config, config.sheet_split, clips=PEOPLE)
        sheet = PairSheet(unseen, context, context.outputs["sheet"])
        with opened as source:
            trained = train(context, objective, source, config.training, sampler=sheet)
        for role in ("generator", "inverter"):
            if role in self.outputs:
                save_network(context, role, trained.modules[role], step=trained.step)

    def _source(self, context: StageContext) -> tuple[AbstractContextManager[Source], _Known]:
        """Pairs of frames: of the artifact, or straight from the corpus."""
        from styletalker.core.training.frames import FrameCache
        from styletalker.recipes.objectives.pairs import PairSource

        config = self.config
        batch, split = config.training.batch, config.split
        if config.stream:
            return self._streamed(context)
        cache = FrameCache.open(context.inputs["frames"] / split)
        source = PairSource(cache, seed=context.seed, batch=batch, targets=config.targets)
        known = _Known(parameters=source.parameters, landmarks=source.knows_landmarks)
        return nullcontext(source), known

    def _streamed(self, context: StageContext) -> tuple[AbstractContextManager[Source], _Known]:
        from styletalker.recipes.objectives.pairs import PairCut, scale_of

        config, corpus = self.config, context.corpus()
        corpus.check_split(config.split)
        first, scale = corpus.clip(config.split, 0), None
        known = _Known(parameters=len(first.parameter_names), landmarks=first.landmarks is not None)
        if config.losses.hints:
            total = corpus.count(config.split)
            asked = range(0, total, math.ceil(total / _MEASURED))
            scale = scale_of(corpus.clip(config.split, index).parameters for index in asked)
        cut, batch = PairCut(config.targets, scale), config.training.batch
        return clip_stream(context, config, config.split, cut, batch=batch), known

    def _check(self, known: _Known) -> None:
        """Refuse losses that need what the corpus does not know."""
        losses = self.config.losses
        unknown = {
            "hints": losses.hints > 0 and not known.parameters,
            "flow": losses.flow > 0 and not known.landmarks,
            "landmarks": losses.landmarks > 0 and not known.landmarks,
            "features": losses.features > 0 and not known.landmarks,
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
