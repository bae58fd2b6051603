"""Options of the built-in stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, Range, within
from styletalker.core.training.config import StreamConfig, TrainingConfig
from styletalker.recipes.objectives.losses import ReconstructionLosses, TalkingLosses

__all__ = [
    "BundleConfig",
    "CorpusStageConfig",
    "GenerateStageConfig",
    "GeneratorSamplesConfig",
    "ModelSummaryConfig",
    "PriorStageConfig",
    "ReconstructConfig",
    "SyncStageConfig",
    "TalkerStageConfig",
]


@attrs.frozen(kw_only=True)
class ModelSummaryConfig:
    """Options of the stage ``model_summary``: it has none."""


@attrs.frozen(kw_only=True)
class GeneratorSamplesConfig:
    """Options of the stage ``generator_samples``."""

    count: int = attrs.field(default=16, validator=within(1, 4096))
    """How many images to draw."""
    columns: int = attrs.field(default=4, validator=within(1, 64))
    """Images per row of the sheet."""
    truncation: float = attrs.field(default=0.7, validator=within(0.0, 1.0))
    """How far from the average image: 0 is the average itself, 1 the full distribution."""


@attrs.frozen(kw_only=True)
class ReconstructConfig(StreamConfig):
    """Options of the stages ``generator`` and ``inverter``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts portraits."""
    targets: int = attrs.field(default=3, validator=within(1, 64))
    """Other frames per portrait, 1 to 64: reading a portrait costs more than moving it."""
    losses: ReconstructionLosses = attrs.field(factory=ReconstructionLosses)
    """Weights of the losses."""
    frozen: tuple[str, ...] = ()
    """Parts that stay as they are, such as ``inverter.finder``: names of submodules, beginning
    with ``generator.`` or ``inverter.``."""
    split: str = "train"
    """Split of the corpus to train on."""
    sheet_split: str = "val"
    """Split whose people are shown in ``sheet.png``: people the networks never learn from."""


@attrs.frozen(kw_only=True)
class CorpusStageConfig:
    """Options of the stage ``corpus``."""

    splits: tuple[str, ...] = ()
    """Splits to write; empty for all of them."""
    workers: int | Literal["auto"] = attrs.field(default="auto", metadata=OPERATIONAL)
    """Processes to make clips with; ``auto`` for one per core. The result is the same for any."""


@attrs.frozen(kw_only=True)
class SyncStageConfig(StreamConfig):
    """Options of the stage ``sync``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts windows of clips."""
    frames: int = attrs.field(default=15, validator=within(2, 1000))
    """Frames of a window, 2 to 1000: the longer, the more wrong places within the same clip."""
    light: bool = True
    """Change contrast and colour at random, so that only lips count."""
    split: str = "train"
    """Split of the corpus to train on."""
    check_split: str = "val"
    """Split on whose people it is tried at the end."""


@attrs.frozen(kw_only=True)
class TalkerStageConfig:
    """Options of the stage ``talker``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts windows of clips."""
    frames: int = attrs.field(default=50, validator=within(5, 1000))
    """Frames of a window, 5 to 1000."""
    before: int = attrs.field(default=10, validator=within(0, 100))
    """Frames of sound the audio encoder hears before the window, 0 to 100."""
    clips: int = attrs.field(default=0, validator=within(0))
    """How many clips of the split, from the first; 0 for all: their codes are computed first."""
    portraits: int = attrs.field(default=2, validator=within(1, 100))
    """Frames of each clip that serve as its portrait, 1 to 100."""
    losses: TalkingLosses = attrs.field(factory=TalkingLosses)
    """Weights of the losses."""
    split: str = "train"
    """Split of the corpus to train on."""


@attrs.frozen(kw_only=True)
class PriorStageConfig:
    """Options of the stage ``prior``."""

    training: TrainingConfig
    """How long and with which optimizer; a batch counts windows of clips."""
    frames: int = attrs.field(default=75, validator=within(5, 1000))
    """Frames of a window, 5 to 1000."""
    clips: int = attrs.field(default=0, validator=within(0))
    """How many clips of the split, from the first; 0 for all."""
    split: str = "train"
    """Split of the corpus to train on."""


def _seeds(instance: object, attribute: object, value: tuple[int, ...]) -> None:  # noqa: ARG001
    if any(seed not in _SEEDS for seed in value) or len(set(value)) != len(value):
        raise ValueError(f"must be different whole numbers, each {_SEEDS}")


_SEEDS = Range(0, 2**63 - 1)


@attrs.frozen(kw_only=True)
class GenerateStageConfig:
    """Options of the stage ``generate``."""

    split: str = "test"
    """The split whose people and speech are taken."""
    clips: int = attrs.field(default=8, validator=within(1, 1_000_000))
    """How many clips, from the first; all if there are fewer."""
    seeds: tuple[int, ...] = attrs.field(default=(0,), validator=_seeds)
    """A video of each clip per seed, with motion from the prior; may be empty."""
    motion: Literal["none", "next"] = "none"
    """``next`` adds a video of each clip with the motion of the next clip, the last with that of
    the first."""
    portrait_frame: int = attrs.field(default=0, validator=within(0, 1_000_000))
    """Frame of the clip that is the portrait, from 0; the last if the clip is shorter."""
    temperature: float = attrs.field(default=1.0, validator=within(0.0, 10.0))
    """How far from the most likely motion, 0 to 10."""
    motion_scale: float = attrs.field(default=1.0, validator=within(0.0, 10.0))
    """What motion is multiplied with, 0 to 10."""
    quality: Literal["high", "lossless", "playable"] = "high"
    """What the encoder keeps; measurements of ``playable`` videos would measure the codec too."""
    device: str = attrs.field(default="auto", metadata=OPERATIONAL)
    """``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``."""
    threads: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(within(1, 1024)), metadata=OPERATIONAL
    )
    """CPU threads, 1 to 1024; by default as torch has it."""


@attrs.frozen(kw_only=True)
class BundleConfig:
    """Options of the stage ``bundle``."""

    talker_name: str = "talker"
    """What the talker is called; ``name`` is the stage's own name in the pipeline."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """How weights are kept; halves take half the space."""
    sync_discriminator: bool = False
    """Whether the sync discriminator goes along, for others to train with."""
    card: Mapping[str, str] = attrs.field(factory=dict)
    """What else is to be said about it: data, licence, figures."""
