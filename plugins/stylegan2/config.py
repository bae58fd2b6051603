"""Options of the networks of StyleGAN2."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import above, within

__all__ = ["DiscriminatorConfig", "Resolution", "StyleGAN2Config"]

Resolution = Literal[8, 16, 32, 64, 128, 256, 512, 1024]
"""Pixels a side: powers of two, because each block doubles the size."""


@attrs.frozen(kw_only=True)
class StyleGAN2Config:
    """Options of :class:`styletalker.plugins.stylegan2.generator.StyleGAN2`.

    The defaults are the published 256 px recipe's. 1024 px ones use a channel_base of 32768.
    """

    resolution: Resolution = 256
    """Height and width of the images in pixels: a power of two, 8 to 1024."""
    z_dim: int = attrs.field(default=512, validator=within(1, 4096))
    """Channels G of the random input, 1 to 4096."""
    w_dim: int = attrs.field(default=512, validator=within(1, 4096))
    """Channels D of a style code, 1 to 4096."""
    mapping_layers: int = attrs.field(default=8, validator=within(1, 16))
    """Layers of the mapping network, 1 to 16."""
    channel_base: int = attrs.field(default=16384, validator=within(32, 1 << 20))
    """Channels times resolution of a block: the width of the large blocks."""
    channel_max: int = attrs.field(default=512, validator=within(1, 4096))
    """Most channels of a block: the width of the small blocks, 1 to 4096."""
    conv_clamp: float | None = attrs.field(default=256.0, validator=above(0.0))
    """Activations are clamped to plus and minus this; null does not clamp.

    Public weights from 2020 on were trained with 256 (ADA, arXiv 2006.06676), for half precision.
    """
    classes: int = attrs.field(default=0, validator=within(0, 100_000))
    """Classes of a model with labels; 0 for one without, 0 to 100000."""
    label: int = attrs.field(default=0, validator=within(0, 100_000))
    """The class that is drawn where a caller gives no labels; counts from 0."""

    def channels(self, size: int) -> int:
        """Channels of the block that works at *size* pixels a side."""
        return max(1, min(self.channel_base // size, self.channel_max))


@attrs.frozen(kw_only=True)
class DiscriminatorConfig:
    """Options of :class:`styletalker.plugins.stylegan2.discriminator.StyleGAN2Discriminator`."""

    resolution: Resolution = 256
    """Height and width of the images in pixels: a power of two, 8 to 1024."""
    channel_base: int = attrs.field(default=16384, validator=within(32, 1 << 20))
    """Channels times resolution of a block: the width of the large blocks."""
    channel_max: int = attrs.field(default=512, validator=within(1, 4096))
    """Most channels of a block: the width of the small blocks, 1 to 4096."""
    conv_clamp: float | None = attrs.field(default=256.0, validator=above(0.0))
    """Activations are clamped to plus and minus this; null does not clamp."""
    group: int | None = attrs.field(default=4, validator=within(1, 1024))
    """Images among which the deviation is taken (at most the batch); null for the whole batch.

    A batch must be a multiple of it. The published 256 px recipes have 8.
    """
    classes: int = attrs.field(default=0, validator=within(0, 100_000))
    """Classes of a model with labels; 0 for one without, 0 to 100000."""
    mapping_layers: int = attrs.field(default=8, validator=within(1, 16))
    """Layers of the network that maps labels, 1 to 16."""
    mapping_dim: int | None = attrs.field(default=None, validator=within(1, 4096))
    """Channels of a mapped label; null takes the channels of the last block."""

    def channels(self, size: int) -> int:
        """Channels of the block that works at *size* pixels a side."""
        return max(1, min(self.channel_base // size, self.channel_max))
