"""Options of a training, nested as ``training:`` in the options of every training stage."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, above, within

__all__ = ["OptimizerConfig", "StreamConfig", "TrainingConfig"]


@attrs.frozen(kw_only=True)
class OptimizerConfig:
    """How weights follow their gradients: AdamW (arXiv 1711.05101)."""

    learning_rate: float = attrs.field(validator=above(0.0, 1.0))
    """Highest learning rate, above 0 to 1."""
    warmup_steps: int = attrs.field(default=100, validator=within(0))
    """Steps in which the learning rate rises linearly to its highest, at least 0."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """After the warm-up: ``constant``, or half a cosine that ends at 0 with the last step."""
    weight_decay: float = attrs.field(default=0.0, validator=within(0.0, 1.0))
    """Decoupled weight decay, 0 to 1, of parameters with two or more axes; vectors have none."""
    beta1: float = attrs.field(default=0.9, validator=within(0.0, 0.9999))
    """Decay of Adam's first moment, 0 to 0.9999."""
    beta2: float = attrs.field(default=0.99, validator=within(0.0, 0.99999))
    """Decay of Adam's second moment, 0 to 0.99999."""
    clip_norm: float = attrs.field(default=1.0, validator=within(0.0))
    """Longer gradients are scaled down to this norm, at least 0; 0 clips nothing."""


@attrs.frozen(kw_only=True)
class TrainingConfig(OptimizerConfig):
    """How long, on what and with which optimizer a stage trains."""

    steps: int = attrs.field(validator=within(1))
    """Optimizer steps, at least 1."""
    batch: int = attrs.field(validator=within(1, 65_536))
    """Items per step over all processes, 1 to 65,536; a multiple of ``devices``."""
    ema: float = attrs.field(validator=within(0.0, 0.999999))
    """Decay per step of the running average of weights, 0 to 0.999999; 0 keeps none. Early on it
    is min(ema, (1 + step) / (10 + step)), so that the first weights are soon forgotten."""
    seconds: float = attrs.field(default=0.0, validator=within(0.0))
    """Stop after so many seconds of training in all, resumed parts included, and keep what was
    reached; 0 for no limit. The schedule stays that of ``steps``."""
    record_every: int = attrs.field(default=10, validator=within(1))
    """Steps between records, at least 1; a record is the mean over them."""
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    """Number format of the forward pass; weights and their average are always float32."""
    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; ``auto`` takes CUDA where there is some."""
    devices: int = attrs.field(default=1, validator=within(1, 1024))
    """Processes, each with a device of its own, 1 to 1024."""
    strategy: Literal["auto", "ddp"] = "auto"
    """``ddp`` shares the batch among the devices; ``auto`` does so where there are several."""
    checkpoint_every_s: float = attrs.field(
        default=60.0, validator=within(0.0), metadata=OPERATIONAL
    )
    """Seconds between checkpoints, at least 0."""
    sample_every: int = attrs.field(default=0, validator=within(0), metadata=OPERATIONAL)
    """Steps between pictures, at least 0; 0 draws them only at the end."""
    threads: int = attrs.field(default=0, validator=within(0, 1024), metadata=OPERATIONAL)
    """Processor threads of each process, 0 to 1024; 0 leaves it to torch."""

    def __attrs_post_init__(self) -> None:
        """Refuse a batch that the processes cannot share alike."""
        if self.batch % self.devices:
            raise ValueError(f"batch {self.batch} must be a multiple of devices {self.devices}")

    @property
    def local_batch(self) -> int:
        """Items per step and process."""
        return self.batch // self.devices


@attrs.frozen(kw_only=True)
class StreamConfig:
    """Whether and how a stage reads clips while it trains, as part of its options."""

    stream: bool = False
    """Read clips of the recipe's corpus while training, each once per epoch, instead of the
    artifact ``frames``: nothing is decoded before, and nothing but the clips in use is in memory
    or on disk. Each clip gives one window per epoch, so clips hardly longer than a window waste
    least."""
    stream_workers: int = attrs.field(default=2, validator=within(0, 256), metadata=OPERATIONAL)
    """Threads of each process that decode clips ahead, 0 to 256; the batches are the same for any
    number."""
    stream_mixed: int = attrs.field(default=16, validator=within(1, 1_000_000))
    """Files (videos, shards) whose clips are shuffled together, 1 to 1,000,000: so many are in use
    at a time."""
