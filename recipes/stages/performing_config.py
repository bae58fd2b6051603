"""Options of the stages that train on performances."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import within
from styletalker.core.training.config import TrainingConfig
from styletalker.recipes.objectives.losses import PerformingLosses
from styletalker.recipes.objectives.spoiling import Spoiling

__all__ = ["PerformancesConfig", "PerformerConfig", "PerformerPriorConfig", "PersonConfig"]


@attrs.frozen(kw_only=True)
class PerformancesConfig:
    """Options of the stage ``performances``."""

    splits: tuple[str, ...] = ()
    """Splits to write; empty for all of them."""


@attrs.frozen(kw_only=True)
class PerformerConfig:
    """Options of the stage ``performer``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts windows of clips."""
    frames: int = attrs.field(default=75, validator=within(5, 1000))
    """Frames of a window, 5 to 1000."""
    before: int = attrs.field(default=10, validator=within(0, 100))
    """Frames of sound the audio encoder hears before the window, 0 to 100."""
    pace: float = attrs.field(default=0.15, validator=within(0.0, 1.0))
    """Speech is played up to so much faster or slower, 0 to 1, with its pitch."""
    spoiling: Spoiling = attrs.field(factory=Spoiling)
    """How often which kind of noise, room or codec is put on the speech."""
    by_sound: tuple[str, ...] = ("lips",)
    """Parameters, or groups of them, that the sound alone decides."""
    contacts: tuple[str, ...] = ("press", "fv")
    """Parameters that are near 1 where lips touch each other or the teeth."""
    losses: PerformingLosses = attrs.field(factory=PerformingLosses)
    """Weights of the losses."""
    split: str = "train"
    """Split of the corpus to train on."""
    check_split: str = "val"
    """Split on whose people the lips are measured at the end."""
    keep: Literal["all", "best"] = "all"
    """How much of what was learnt is kept: ``best`` goes back towards the weights it started from
    as far as the lips of *check_split* err least there, if need be all the way. For fine-tuning."""


@attrs.frozen(kw_only=True)
class PerformerPriorConfig:
    """Options of the stage ``performer_prior``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts windows of clips."""
    frames: int = attrs.field(default=125, validator=within(5, 1000))
    """Frames of a window, 5 to 1000."""
    noise: float = attrs.field(default=0.15, validator=within(0.0, 1.0))
    """What the posterior's standard deviation is multiplied with, 0 to 1: its noise is new in
    every frame, and would shake the motion that is drawn."""
    disturbance: float = attrs.field(default=0.0, validator=within(0.0))
    """How wrong the prior sees the past of its coordinates, as part of their deviation, at least 0;
    for priors that have coordinates. What is drawn strays less, if it was trained without first."""
    clips: int = attrs.field(default=0, validator=within(0))
    """How many clips of the split, from the first; 0 for all."""
    split: str = "train"
    """Split of the corpus to train on."""
    check_split: str = ""
    """Split with whose people it is compared, before and after, how much and how fast the head
    moves and how often lids close, when the talker says the same; empty for none."""
    keep: Literal["all", "best"] = "all"
    """How much of what was learnt is kept: ``best`` goes back towards the weights it started from
    as far as it moves most like *check_split* there, if need be all the way. For fine-tuning."""

    def __attrs_post_init__(self) -> None:
        """Refuse to choose without clips to choose by."""
        if self.keep == "best" and not self.check_split:
            raise ValueError("keep: best needs a check_split")


@attrs.frozen(kw_only=True)
class PersonConfig:
    """Options of the stage ``person``."""

    identity: str = ""
    """Who, as the corpus calls them; empty for the only person there is."""
    held_out: float = attrs.field(default=0.3, validator=within(0.01, 0.9))
    """Part of the time, at the end, on which nothing is learnt: the split ``test``, 0.01 to 0.9."""
    checked: float = attrs.field(default=0.15, validator=within(0.01, 0.9))
    """Part of the time before that which decides how much of what was learnt is kept: the split
    ``val``, 0.01 to 0.9."""
    filled: tuple[str, ...] = ("lips", "smile", "frown", "brow_in", "squint", "tz")
    """Parameters, or groups of them, that are not read off the video but taken from the talker, as
    those are that the inverter cannot read: there it then learns nothing new. The default is what
    landmarks tell worse than the talker does, see docs/training.md."""

    steady: float = attrs.field(default=2.0, validator=within(0.0, 25.0))
    """Frames over which the pose that was read is smoothed, 0 to 25: the standard deviation of a
    Gaussian. What landmarks tremble would be learnt as a trembling head."""

    def __attrs_post_init__(self) -> None:
        """Refuse to hold out everything."""
        if self.held_out + self.checked >= 1:
            raise ValueError("held_out and checked must leave something to learn from")
