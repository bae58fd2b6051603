"""Options of the corpus ``puppet``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["PuppetConfig"]


@attrs.frozen(kw_only=True)
class PuppetConfig:
    """Options of :class:`styletalker.plugins.puppet.corpus.Puppet`."""

    resolution: int = attrs.field(default=128, validator=within(32, 1024))
    """Height and width of the frames in pixels, 32 to 1024."""
    frames: int = attrs.field(default=75, validator=within(1, 90_000))
    """Length of a clip in frames of 40 ms, 1 to 90,000 (an hour)."""
    train_identities: int = attrs.field(default=800, validator=within(1, 1_000_000))
    """People in the split ``train``."""
    val_identities: int = attrs.field(default=50, validator=within(1, 1_000_000))
    """People in the split ``val``."""
    test_identities: int = attrs.field(default=50, validator=within(1, 1_000_000))
    """People in the split ``test``."""
    clips_per_identity: int = attrs.field(default=4, validator=within(1, 10_000))
    """Clips of each person, 1 to 10,000; voice, manner and looks are the person's."""
    seed: int = attrs.field(default=0, validator=within(0, 2**32 - 1))
    """Another seed gives other people who say other things."""
    eye_row: float = attrs.field(default=0.40, validator=within(0.1, 0.9))
    """Height of the eyes from the top, as a part of the picture; 0.40 is FFHQ's."""
    eye_distance: float = attrs.field(default=0.22, validator=within(0.05, 0.5))
    """Distance between the eyes, as a part of the picture's width; 0.22 is FFHQ's."""
    supersample: bool = True
    """Average 2 x 2 samples per pixel; without, rendering is twice as fast and edges are jagged."""
