"""Options of the generator and the inverter ``portrait_warp``."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import within

__all__ = ["PortraitEncoderConfig", "PortraitWarpConfig"]


@attrs.frozen(kw_only=True)
class PortraitWarpConfig:
    """Options of :class:`styletalker.plugins.portrait_warp.generator.PortraitWarp`."""

    resolution: Literal[32, 64, 128, 256, 512] = 128
    """Height and width of the images in pixels: 32, 64, 128, 256 or 512."""
    w_dim: int = attrs.field(default=160, validator=within(1, 4096))
    """Channels D of a row of codes, 1 to 4096: two per point, the others are free."""
    points: int = attrs.field(default=68, validator=within(1, 1024))
    """Points of the face that the codes tell, as the inverter's option of this name, 1 to 1024;
    2 * points must be less than *w_dim*."""
    channels: int = attrs.field(default=16, validator=within(4, 256))
    """Channels at full size, 4 to 256; each halving of the size doubles them, up to *most*."""
    most: int = attrs.field(default=96, validator=within(4, 1024))
    """Most channels of a layer, 4 to 1024."""
    portrait_channels: int = attrs.field(default=24, validator=within(4, 256))
    """Channels of the portrait's fine map, 4 to 256, as the inverter's option of this name; the
    middle map has twice, the coarse one four times as many."""

    def width(self, size: int) -> int:
        """Channels of the layers that work at *size* pixels a side."""
        return min(self.most, self.channels * (self.resolution // size))


@attrs.frozen(kw_only=True)
class PortraitEncoderConfig:
    """Options of :class:`styletalker.plugins.portrait_warp.inverter.PortraitEncoder`."""

    points: int = attrs.field(default=68, validator=within(1, 1024))
    """Points of the face to find in every frame, 1 to 1024, as the generator's option of this name;
    68 can be taught with the landmarks of a corpus."""
    motion_channels: int = attrs.field(default=16, validator=within(4, 256))
    """Channels of the first layer that looks for points, 4 to 256; deeper ones have up to six times
    as many."""
    portrait_channels: int = attrs.field(default=24, validator=within(4, 256))
    """Channels of the portrait's fine map, 4 to 256, as the generator's option of this name; the
    middle map has twice, the coarse one four times as many."""
