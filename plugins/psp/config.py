"""Options of the inverter ``psp``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["PSPConfig"]

_Widths = tuple[int, int, int, int]


def _channels(_: object, attribute: attrs.Attribute[_Widths], value: _Widths) -> None:
    """Refuse widths without channels."""
    if not all(1 <= width <= 4096 for width in value):
        raise ValueError(f"{attribute.name} must each be 1 to 4096")


@attrs.frozen(kw_only=True)
class PSPConfig:
    """Options of :class:`styletalker.plugins.psp.inverter.PSP`."""

    widths: _Widths = attrs.field(default=(48, 96, 192, 256), validator=_channels)
    """Channels of the backbone at 1/2, 1/4, 1/8 and 1/16 of the image, 1 to 4096 each."""
    blocks: int = attrs.field(default=2, validator=within(1, 16))
    """Residual blocks per size, 1 to 16."""
    pyramid_channels: int = attrs.field(default=128, validator=within(1, 4096))
    """Channels of the pyramid and of the networks that turn it into codes, 1 to 4096."""
    coarse: int = attrs.field(default=3, validator=within(1, 64))
    """Layers of W+ that the coarsest map gives (pose, shape), 1 to 64; 3 in the paper."""
    medium: int = attrs.field(default=4, validator=within(0, 64))
    """Layers that the middle map gives (features), 0 to 64; 4 in the paper. The finest map
    gives the others (colour, light)."""
    most_pixels: int = attrs.field(default=256, validator=within(32, 1024))
    """Larger images are reduced to at most this many pixels a side, 32 to 1024; 256 in the
    paper."""
