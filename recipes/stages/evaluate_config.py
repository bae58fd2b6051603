"""Options of the stage ``evaluate``."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
from styletalker.core.config.options import OPERATIONAL, Chosen, OfRole, above, within

__all__ = ["EvaluateConfig"]


@attrs.frozen(kw_only=True)
class EvaluateConfig:
    """Options of the stage ``evaluate``."""

    metrics: tuple[Annotated[Chosen, OfRole("metric")], ...] = ()
    """What to measure; empty for the list that ``toolkit evaluate`` has by default."""
    sync_scorer: Annotated[Chosen, OfRole("sync_discriminator")] | None = None
    """Scores sync if no earlier stage wrote the artifact ``sync_scorer``; needs ``weights``. Never
    the network that the model was trained against."""
    controls: bool = True
    """Also score the ground truth, shuffled sound, and the motion source's own sound."""
    reconstructions: int = attrs.field(default=16, validator=within(0, 100_000))
    """Of how many ground-truth clips the inverter's tracking and the generator are scored, as the
    ceiling of what they can show; 0 for none. Needs the artifacts of a generator and inverter."""
    shown: int = attrs.field(default=3, validator=within(0, 100))
    """Clips to show on the page, 0 to 100."""
    level: float = attrs.field(default=0.95, validator=above(0.0, 0.999))
    """Of the intervals, above 0 and at most 0.999."""
    resamples: int = attrs.field(default=1000, validator=within(100, 100_000))
    """Of the bootstrap, 100 to 100000."""
    tolerance_frames: int = attrs.field(default=0, validator=within(0, 1000))
    """A video that differs from its ground truth by so many frames at most is cut."""
    workers: int | Literal["auto"] = attrs.field(default="auto", metadata=OPERATIONAL)
    """Processes that measure; ``auto`` for one per core. The result is the same for any."""
