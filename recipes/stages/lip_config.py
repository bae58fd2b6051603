"""Options of the stage ``lip_matching``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within
from styletalker.core.training.config import TrainingConfig
from styletalker.recipes.objectives.spoiling import Spoiling

__all__ = ["LipMatchingConfig"]


@attrs.frozen(kw_only=True)
class LipMatchingConfig:
    """Options of the stage ``lip_matching``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts windows of clips."""
    clips: int = attrs.field(default=0, validator=within(0))
    """How many clips of the split, from the first; 0 for all."""
    takes: int = attrs.field(default=2, validator=within(1, 100))
    """Recordings of each clip, 1 to 100."""
    pace: float = attrs.field(default=0.2, validator=within(0.0, 1.0))
    """Recordings are played up to so much faster or slower, 0 to 1, with their pitch."""
    spoiling: Spoiling = attrs.field(factory=Spoiling)
    """How often which kind of noise, room or codec is put on the speech."""
    channels: int = attrs.field(default=64, validator=within(1, 1024))
    """Width of the network."""
    blocks: int = attrs.field(default=2, validator=within(1, 16))
    """Convolutions of each tower; each sees five frames."""
    outputs: int = attrs.field(default=32, validator=within(1, 1024))
    """Channels in which lips and sound are compared."""
    split: str = "train"
    """Split of the corpus to train on."""
    check_split: str = "val"
    """Split on whose clips it is tried at the end."""
