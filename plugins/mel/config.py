"""Options of the audio encoder ``mel``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import above, within

__all__ = ["MelConfig"]


@attrs.frozen(kw_only=True)
class MelConfig:
    """Options of :class:`styletalker.plugins.mel.encoder.MelEncoder`."""

    audio_dim: int = attrs.field(default=64, validator=within(1, 4096))
    """Features A per video frame, 1 to 4096."""
    bands: int = attrs.field(default=64, validator=within(8, 96))
    """Mel bands per column, 8 to 96."""
    channels: int = attrs.field(default=128, validator=within(1, 4096))
    """Channels of the convolutions and of the recurrent state, 1 to 4096."""
    layers: int = attrs.field(default=4, validator=within(1, 16))
    """Convolution blocks, 1 to 16; the look-ahead is spread over them."""
    look_ahead_frames: int = attrs.field(default=4, validator=within(0, 25))
    """Video frames of future that are heard, 0 to 25: latency of a stream, 40 ms each.

    Lips prepare a sound before it is heard: 4 frames (160 ms) cover a vowel's anticipation.
    """
    level_memory_s: float = attrs.field(default=3.0, validator=above(0.0, 600.0))
    """Seconds of speech over which the running loudness forgets, above 0 to 600."""
