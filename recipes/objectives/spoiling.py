"""How speech is spoiled in training, as options of a stage; this module imports nothing heavy."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["Spoiling"]


@attrs.frozen(kw_only=True)
class Spoiling:
    """How often each kind of spoiling is put on a window of speech, 0 to 1."""

    colour: float = attrs.field(default=0.6, validator=within(0.0, 1.0))
    """Microphone and mouth: a smooth random gain over frequency, up to about 12 dB."""
    band: float = attrs.field(default=0.3, validator=within(0.0, 1.0))
    """Lost low or high frequencies, as on a telephone."""
    room: float = attrs.field(default=0.4, validator=within(0.0, 1.0))
    """Reverberation of 0.1 to 0.8 s."""
    noise: float = attrs.field(default=0.7, validator=within(0.0, 1.0))
    """White to red noise or other people's speech, 5 to 40 dB below the voice."""
    codec: float = attrs.field(default=0.25, validator=within(0.0, 1.0))
    """Spectral holes, as lossy codecs at low rates leave them, or few bits."""
    level_db: float = attrs.field(default=20.0, validator=within(0.0, 60.0))
    """The level is changed by up to so many decibels downwards."""
