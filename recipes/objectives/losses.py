"""Weights of losses, as options of the stages; this module imports nothing heavy."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import within

__all__ = ["ReconstructionLosses"]


@attrs.frozen(kw_only=True)
class ReconstructionLosses:
    """Weights of the losses of generator and inverter."""

    pixels: float = attrs.field(default=1.0, validator=within(0.0))
    """Mean absolute difference of pixels (images span 2), at least 0."""
    coarse: float = attrs.field(default=1.0, validator=within(0.0))
    """The same after averaging 4 x 4 pixels, at least 0: light and colour of whole parts."""
    edges: float = attrs.field(default=1.0, validator=within(0.0))
    """Mean absolute difference of the slopes between neighbouring pixels, at least 0: sharpness."""
    features: float = attrs.field(default=6.0, validator=within(0.0))
    """How much more the pixels of lips and eyes count in ``pixels`` and ``edges``, at least 0;
    for corpora that know where they are."""
    flow: float = attrs.field(default=4.0, validator=within(0.0))
    """Mean distance, in halves of the picture's width, between where a generator that moves a
    portrait takes a landmark from and where the portrait has it, at least 0; for corpora that know
    landmarks."""
    hints: float = attrs.field(default=0.05, validator=within(0.0))
    """Mean absolute error of a linear reading of the animation parameters (scaled to unit
    variance) from the codes, at least 0; for corpora that know them. It teaches the inverter
    early what lips and lids do; the reading itself is not kept."""
