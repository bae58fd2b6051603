"""Stage ``sync``: the sync discriminator learns from real clips."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.config import SyncStageConfig
from styletalker.recipes.stages.networks import network, save_network
from styletalker.recipes.stages.streaming import StreamingStage, clip_stream, frames_to_try

if TYPE_CHECKING:
    from styletalker.core.interfaces.sync_discriminator import SyncDiscriminator
    from styletalker.core.training.frames import FrameCache
    from styletalker.core.training.source import Source

__all__ = ["TrainSync", "found_in_time"]

_MOST_CLIPS = 64
"""Clips on which it is tried at the end."""
_REACH = 15
"""Offsets that are tried, in frames, to both sides: the custom since SyncNet."""


class TrainSync(StreamingStage):
    """Trains the sync discriminator, and says how often it finds the offset of unseen clips."""

    config: SyncStageConfig
    optional_inputs: ClassVar[tuple[str, ...]] = ("sync_discriminator",)
    outputs: ClassVar[Mapping[str, str]] = {"sync_discriminator": "sync_discriminator.safetensors"}
    roles: ClassVar[tuple[str, ...]] = ("sync_discriminator",)

    def run(self, context: StageContext) -> None:
        """Train, save, try."""
        from styletalker.core.training.engine import train
        from styletalker.recipes.objectives.synchrony import Synchrony

        config = self.config
        sync = network(context, "sync_discriminator")
        local = config.training.local_batch
        objective = Synchrony(sync, clips=local, frames=config.frames, light=config.light)
        unseen = frames_to_try(context, config, config.check_split, clips=_MOST_CLIPS)
        with self._source(context) as source:
            trained = train(context, objective, source, config.training)
        found = trained.modules["sync_discriminator"]
        save_network(context, "sync_discriminator", found, step=trained.step)
        sync.load_state_dict(found.state_dict())
        rate = found_in_time(sync.eval(), unseen)
        context.record(trained.step, unseen_in_time=rate)
        context.say(f"unseen people: {rate:.0%} of clips are found in time, give or take a frame")

    def _source(self, context: StageContext) -> AbstractContextManager[Source]:
        """Windows of clips: of the artifact, or straight from the corpus."""
        from styletalker.core.training.frames import FrameCache
        from styletalker.recipes.objectives.windows import Window, WindowCut, WindowSource

        config, window = self.config, Window(frames=self.config.frames)
        batch, split = config.training.batch, config.split
        if config.stream:
            return clip_stream(context, config, split, WindowCut(window), batch=batch)
        cache = FrameCache.open(context.inputs["frames"] / split)
        return nullcontext(WindowSource(cache, window, seed=context.seed, batch=batch))


def found_in_time(sync: SyncDiscriminator, cache: FrameCache) -> float:
    """The part of clips whose offset it finds to be 0, give or take one frame."""
    import torch
    from styletalker.core.training.frames import to_unit

    count = min(cache.clips, _MOST_CLIPS)
    right = 0
    with torch.no_grad():
        for clip in range(count):
            frames = to_unit(torch.from_numpy(np.array(cache.frames(clip))))[None]
            sound = torch.from_numpy(np.array(cache.waveform(clip)))[None]
            similarity = sync.embed_video(frames)[0] @ sync.embed_audio(sound)[0].T  # [N, N]
            reach = min(_REACH, len(similarity) - 1)
            means = [float(similarity.diagonal(k).mean()) for k in range(-reach, reach + 1)]
            right += abs(int(np.argmax(means)) - reach) <= 1
    return right / count
