"""A part of the frame as an option, in fractions, so that it fits every resolution."""

from __future__ import annotations

import math

import attrs
from styletalker.core.config.options import within

__all__ = ["Region"]

_ROUNDING = 1e-6
"""Pixels; more than the error of a product such as 0.55 * 100 = 55.00000000000001."""


@attrs.frozen(kw_only=True)
class Region:
    """A rectangle of the frame; 0 is the upper or left edge, 1 the lower or right one.

    An edge that is left out is that of the frame, not that of an option's default region.
    """

    top: float = attrs.field(default=0.0, validator=within(0.0, 1.0))
    """Upper edge, a fraction of the height, 0 to 1."""
    bottom: float = attrs.field(default=1.0, validator=within(0.0, 1.0))
    """Lower edge, a fraction of the height, 0 to 1; below the upper one."""
    left: float = attrs.field(default=0.0, validator=within(0.0, 1.0))
    """Left edge, a fraction of the width, 0 to 1."""
    right: float = attrs.field(default=1.0, validator=within(0.0, 1.0))
    """Right edge, a fraction of the width, 0 to 1; right of the left one."""

    def __attrs_post_init__(self) -> None:
        """Refuse a rectangle without area."""
        if not (self.top < self.bottom and self.left < self.right):
            raise ValueError(
                f"the region is empty: top {self.top:g} must be less than bottom "
                f"{self.bottom:g}, and left {self.left:g} less than right {self.right:g}"
            )

    def slices(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of pixels it covers, at least one of each."""
        return _covered(self.top, self.bottom, height), _covered(self.left, self.right, width)


def _covered(low: float, high: float, size: int) -> slice:
    """Every pixel that is touched: what is to be hidden must not show through at the edge."""
    start = min(math.floor(low * size + _ROUNDING), size - 1)
    return slice(start, max(math.ceil(high * size - _ROUNDING), start + 1))
