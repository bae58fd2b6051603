"""How much of each kind of movement a caller wants; this module imports nothing heavy."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["MOST", "Manner"]

MOST = 3.0
"""Largest factor: three times as much."""


@attrs.frozen(kw_only=True)
class Manner:
    """Factors of kinds of movement, 0 to 3: 0 shows none of it, 1 what the talker says."""

    pose: float = attrs.field(default=1.0, validator=within(0.0, MOST))
    """Turning, nodding and shifting of the head."""
    blink: float = attrs.field(default=1.0, validator=within(0.0, MOST))
    """Closing of the lids."""
    gaze: float = attrs.field(default=1.0, validator=within(0.0, MOST))
    """Movement of the eyes."""
    expression: float = attrs.field(default=1.0, validator=within(0.0, MOST))
    """Brows, smiles and the like."""
