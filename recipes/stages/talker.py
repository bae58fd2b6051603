"""Stage ``talker``: audio encoder, motion VAE and prior learn together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import TalkerStageConfig
from styletalker.recipes.stages.networks import network, save_network

if TYPE_CHECKING:
    from styletalker.recipes.objectives.talking import Frozen

__all__ = ["TALKER", "TrainTalker"]

TALKER = ("audio_encoder", "motion_vae", "prior")
"""Roles that make up a talker, besides generator and inverter."""


class TrainTalker(Stage):
    """Trains a talker for a generator and an inverter that stay as they are.

    Their weights are those of earlier stages, or those the recipe names; so are the sync
    discriminator's, which is only used where ``losses.sync`` or ``losses.swap`` asks for it.
    """

    config: TalkerStageConfig
    inputs = ("frames",)
    optional_inputs = ("generator", "inverter", "sync_discriminator", *TALKER)

    @property
    def outputs(self) -> Mapping[str, str]:  # type: ignore[override]
        """The three networks."""
        return {role: f"{role}.safetensors" for role in TALKER}

    @property
    def roles(self) -> tuple[str, ...]:  # type: ignore[override]
        """The talker's, what they need, and the sync discriminator if a loss uses it."""
        judge = ("sync_discriminator",) if self._synchronises else ()
        return ("generator", "inverter", *TALKER, *judge)

    @property
    def _synchronises(self) -> bool:
        losses = self.config.losses
        return bool(losses.pictures_every and (losses.sync or losses.swap))

    def run(self, context: StageContext) -> None:
        """Compute codes, train, save."""
        from styletalker.core.training.engine import train
        from styletalker.core.training.frames import FrameCache
        from styletalker.core.training.launch import accelerator_of
        from styletalker.recipes.objectives.codes import CodeCache
        from styletalker.recipes.objectives.scale import CodeScale
        from styletalker.recipes.objectives.talking import Talking
        from styletalker.recipes.objectives.windows import Window, WindowSource

        config = self.config
        cache = FrameCache.open(context.inputs["frames"] / config.split)
        frozen = self._frozen(context)
        clips = min(config.clips or cache.clips, cache.clips)
        with context.progress("codes of clips", clips) as progress:
            codes = CodeCache.build(
                cache,
                frozen.generator,
                frozen.inverter,
                clips=clips,
                portraits=config.portraits,
                seed=context.seed,
                path=context.directory / "codes.safetensors",
                device=accelerator_of(config.training),
                progress=progress.advance,
            )
        encoder = network(context, "audio_encoder")
        window = Window(frames=config.frames, before=config.before, after=encoder.look_ahead_frames)
        objective = Talking(
            encoder,
            network(context, "motion_vae"),
            network(context, "prior"),
            frozen=frozen,
            scale=CodeScale(codes, cache, hints=config.losses.hints),
            window=window,
            losses=config.losses,
        )
        source = WindowSource(
            cache, window, seed=context.seed, batch=config.training.batch, codes=codes
        )
        trained = train(context, objective, source, config.training)
        for role in TALKER:
            save_network(context, role, trained.modules[role], step=trained.step)

    def _frozen(self, context: StageContext) -> Frozen:
        from styletalker.core.interfaces.generator import check_differentiable
        from styletalker.recipes.objectives.talking import Frozen

        judge = network(context, "sync_discriminator").eval() if self._synchronises else None
        generator = network(context, "generator").eval()
        if self.config.losses.pictures_every:
            check_differentiable(generator, f"stage {context.name}, with losses.pictures_every,")
        return Frozen(
            generator=generator,
            inverter=network(context, "inverter").eval(),
            sync_discriminator=judge,
        )
