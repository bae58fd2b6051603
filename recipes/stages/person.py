"""Stage ``person``: one person's speech and motion, read off their videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from styletalker.core.errors import ConfigError, compose
from styletalker.core.interfaces.stage import Stage
from styletalker.core.run.context import StageContext
from styletalker.recipes.stages.networks import network
from styletalker.recipes.stages.performer import parametric
from styletalker.recipes.stages.performing_config import PersonConfig
from styletalker.recipes.stages.talker import TALKER

if TYPE_CHECKING:
    from styletalker.core.interfaces.inverter import Following
    from styletalker.recipes.objectives.person import PersonCorpus, TrackedCorpus

__all__ = ["FollowPerson"]

_MEASURED = "test"
"""The split whose pictures are needed: videos are made of it and compared with it."""


class FollowPerson(Stage):
    """Finds a person's clips in the corpus, splits them by time, and follows the face in them.

    Writes what the stages ``performer`` and ``performer_prior`` learn from, and the frames of the
    clips held out, from which ``generate`` and ``evaluate`` take them. The corpus's own splits do
    not count. A killed attempt goes on with the first unfinished split.
    """

    config: PersonConfig
    optional_inputs: ClassVar[tuple[str, ...]] = TALKER
    outputs: ClassVar[Mapping[str, str]] = {"performances": "performances", "frames": "frames"}
    roles: ClassVar[tuple[str, ...]] = ("generator", "inverter", *TALKER)
    uses_corpus = True

    def run(self, context: StageContext) -> None:
        """Find, follow, write."""
        from styletalker.core.training.frames import FrameCache
        from styletalker.recipes.objectives.performances import PerformanceCache

        person = self._person(context)
        tracked = self._tracked(context, person)
        seconds = {}
        with context.progress("clips followed", sum(map(person.count, person.splits))) as bar:
            for split in person.splits:
                folder = context.outputs["performances"] / split
                PerformanceCache.build(folder, tracked, split, progress=bar.advance)
                seconds[split] = sum(person.lengths(split)) / person.fps
        FrameCache.build(context.outputs["frames"] / _MEASURED, person, _MEASURED)
        told = ", ".join(f"{time:.0f} s {split}" for split, time in seconds.items())
        context.say(f"{person.identity}: {told}")
        context.record(0, **{f"{split}_seconds": time for split, time in seconds.items()})

    def _person(self, context: StageContext) -> PersonCorpus:
        from styletalker.recipes.objectives.person import PersonCorpus

        corpus = context.corpus()
        with context.progress("clips looked at", sum(map(corpus.count, corpus.splits))) as bar:
            return PersonCorpus.of(
                corpus,
                self.config.identity,
                test_share=self.config.held_out,
                val_share=self.config.checked,
                progress=bar.advance,
            )

    def _tracked(self, context: StageContext, person: PersonCorpus) -> TrackedCorpus:
        from styletalker.recipes.objectives.person import Speaking, TrackedCorpus

        generator = parametric(context)
        speaking = Speaking(
            audio_encoder=network(context, "audio_encoder").eval(),
            motion_vae=network(context, "motion_vae").eval(),
            prior=network(context, "prior").eval(),
        )
        return TrackedCorpus(
            person,
            _following(context),
            generator,
            speaking,
            filled=generator.channels_of(self.config.filled),
            steady=self.config.steady,
            seed=context.seed % _SEEDS,
        )


_SEEDS = 2**32
"""Torch takes larger seeds, but not all sums of them."""


def _following(context: StageContext) -> Following:
    """The recipe's inverter, which must be able to follow a video.

    Raises:
        ConfigError: it is not.
    """
    from styletalker.core.interfaces.inverter import Following

    inverter = network(context, "inverter").eval()
    if not isinstance(inverter, Following):
        kind = context.components.chosen("inverter").type
        problem = f"the inverter {kind} cannot follow a video as a whole"
        raise ConfigError(compose(problem, fix="Choose one that can, such as mesh_fit."))
    return inverter
