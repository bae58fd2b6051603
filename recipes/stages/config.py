"""Options of the built-in stages."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["GeneratorSamplesConfig", "ModelSummaryConfig"]


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
