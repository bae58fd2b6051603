"""Options of measuring offsets."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["OffsetConfig"]


@attrs.frozen(kw_only=True)
class OffsetConfig:
    """When an offset is sure."""

    sure: float = attrs.field(default=0.95, validator=within(0.0, 1.0))
    """Least confidence of a sure offset, 0 to 1: the probability that it is right to a frame."""
    judged_s: float = attrs.field(default=6.0, validator=within(0.0, 3600.0))
    """Seconds from which on a face without a sure offset is called out of sync, 0 to 3600; shorter
    ones are only said to have too little speech."""
