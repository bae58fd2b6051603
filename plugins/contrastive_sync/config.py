"""Options of the sync discriminator ``contrastive``."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import within
from styletalker.plugins.common.region import Region

__all__ = ["ContrastiveConfig"]


_MOUTH = Region(top=0.55, bottom=0.95, left=0.25, right=0.75)
"""Lips and chin of a face that is aligned as in FFHQ, with room for jaw and nods."""


@attrs.frozen(kw_only=True)
class ContrastiveConfig:
    """Options of :class:`styletalker.plugins.contrastive_sync.discriminator.ContrastiveSync`."""

    embedding_dim: int = attrs.field(default=256, validator=within(2, 4096))
    """Channels E of the common space, 2 to 4096."""
    window_frames: int = attrs.field(default=5, validator=within(1, 25))
    """Video frames per embedding, 1 to 25; 5 (200 ms) is the custom since SyncNet."""
    mouth: Region = _MOUTH
    """Part of the frame that is looked at, in fractions; around the mouth of an aligned face.

    An edge that is left out is that of the frame.
    """
    size: Literal[32, 64, 128] = 64
    """Pixels a side to which the mouth is resized: 32, 64 or 128."""
    bands: int = attrs.field(default=64, validator=within(8, 96))
    """Mel bands of the audio, 8 to 96."""
    channels: int = attrs.field(default=32, validator=within(4, 512))
    """Channels of the first layer, 4 to 512; deeper layers have up to 8 times as many."""
    nearest_negative: int = attrs.field(default=2, validator=within(1, 25))
    """Least shift, in frames, at which a window of the same clip counts as wrong, 1 to 25.

    Nearer ones are left out of the loss: viewers do not notice 40 ms (ITU-R BT.1359 gives -125
    to +45 ms), and a vowel held for long looks the same one frame later.
    """
