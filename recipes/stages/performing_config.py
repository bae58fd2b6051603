"""Options of the stages that train on performances."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within
from styletalker.core.training.config import TrainingConfig
from styletalker.recipes.objectives.losses import PerformingLosses
from styletalker.recipes.objectives.spoiling import Spoiling

__all__ = ["PerformancesConfig", "PerformerConfig", "PerformerPriorConfig"]


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
    clips: int = attrs.field(default=0, validator=within(0))
    """How many clips of the split, from the first; 0 for all."""
    split: str = "train"
    """Split of the corpus to train on."""
