"""Options of what is listened for in the sound of clips."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["SoundConfig"]


@attrs.frozen(kw_only=True)
class SoundConfig:
    """Which sound is good enough."""

    max_silence: float = attrs.field(default=0.7, validator=within(0.0, 1.0))
    """Largest share of silence, 0 to 1."""
    min_speech: float = attrs.field(default=0.25, validator=within(0.0, 1.0))
    """Least share of speech, 0 to 1."""
    max_music: float = attrs.field(default=0.35, validator=within(0.0, 1.0))
    """Largest share of the time in which music sounds, 0 to 1."""
    max_clipped: float = attrs.field(default=0.005, validator=within(0.0, 1.0))
    """Largest share of samples at full scale, 0 to 1."""
