"""Options of the generator ripple."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import above, within


@attrs.frozen(kw_only=True)
class RippleConfig:
    """Options of :class:`styletalker_ripple.component.Ripple`."""

    resolution: int = attrs.field(default=64, validator=within(8, 1024))
    """Height and width of the images in pixels, 8 to 1024."""
    channels: int = attrs.field(default=64, validator=within(1, 4096))
    """Channels D of a style code: the number of waves, 1 to 4096."""
    fineness: float = attrs.field(default=8.0, validator=above(0.0, 100.0))
    """Typical number of ripples across the image, above 0 to 100."""
