"""Weights of losses, as options of the stages; this module imports nothing heavy."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import above, within

__all__ = ["PerformingLosses", "ReconstructionLosses", "TalkingLosses"]


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
    landmarks: float = attrs.field(default=10.0, validator=within(0.0))
    """Mean distance, in halves of the picture's width, between the landmarks that codes tell (of an
    inverter whose codes do) and the corpus's, at least 0."""
    hints: float = attrs.field(default=0.05, validator=within(0.0))
    """Mean absolute error of a linear reading of the animation parameters (scaled to unit
    variance) from the codes, at least 0; for corpora that know them. It teaches the inverter
    early what lips and lids do; the reading itself is not kept."""


@attrs.frozen(kw_only=True)
class TalkingLosses:
    """Weights of the losses of a talker."""

    codes: float = attrs.field(default=1.0, validator=within(0.0))
    """Mean absolute difference of codes, relative to how much they vary, at least 0."""
    change: float = attrs.field(default=1.0, validator=within(0.0))
    """The same of the change from frame to frame, at least 0: steadiness."""
    hints: float = attrs.field(default=1.0, validator=within(0.0))
    """How much the animation parameters that a linear regression reads from the codes count in
    ``codes`` and ``change``, relative to the codes, at least 0; ignored where none are known."""
    silence: float = attrs.field(default=2.0, validator=within(0.0))
    """How much more silent frames count in ``codes``, at least 0: closed, still lips."""
    beta: float = attrs.field(default=0.003, validator=within(0.0))
    """Weight of the KL divergence in nats per frame, at least 0."""
    beta_warmup_steps: int = attrs.field(default=300, validator=within(0))
    """Steps in which the weight of the KL rises to ``beta``, at least 0."""
    pictures_every: int = attrs.field(default=4, validator=within(0))
    """Steps between those with losses on pictures, at least 0; 0 for none."""
    picture_clips: int = attrs.field(default=4, validator=within(1, 256))
    """Clips of the batch that are drawn in such a step, 1 to 256."""
    picture_frames: int = attrs.field(default=5, validator=within(1, 100))
    """Frames that are drawn of each, 1 to 100; with a sync discriminator, its window."""
    pictures: float = attrs.field(default=1.0, validator=within(0.0))
    """Mean absolute difference of pixels, at full and at a quarter of the size, at least 0."""
    sync: float = attrs.field(default=0.05, validator=within(0.0))
    """How badly drawn lips match their sound, in nats, at least 0."""
    swap: float = attrs.field(default=0.05, validator=within(0.0))
    """The same with the sound of another clip, at least 0."""
    swap_keeps: float = attrs.field(default=10.0, validator=within(0.0))
    """Mean absolute difference of the upper half of the picture under another sound, relative to
    ``swap``, at least 0."""


@attrs.frozen(kw_only=True)
class PerformingLosses:
    """Weights of the losses of a talker whose codes are animation parameters.

    Channels are measured relative to how much they vary.
    """

    least_deviation: float = attrs.field(default=0.1, validator=above(0.0))
    """Channels that vary less are measured as if they varied so much, above 0: a blend weight that
    varies by a hundredth cannot be seen, and its gradient would drown that of all others."""
    lips: float = attrs.field(default=1.0, validator=within(0.0))
    """Mean absolute error of the channels that the sound decides, at least 0."""
    rest: float = attrs.field(default=1.0, validator=within(0.0))
    """The same of all other channels, at least 0."""
    change: float = attrs.field(default=1.0, validator=within(0.0))
    """Mean absolute error of the change from frame to frame, at least 0: steadiness."""
    contact: float = attrs.field(default=3.0, validator=within(0.0))
    """How much more frames count in ``lips`` in which lips touch each other or the teeth."""
    silence: float = attrs.field(default=2.0, validator=within(0.0))
    """How much more silent frames count in ``lips``, at least 0: closed, still lips."""
    swap: bool = True
    """Whether half of the clips hear another clip's sound, whose lips they must then have."""
    beta: float = attrs.field(default=0.0003, validator=within(0.0))
    """Weight of the KL divergence in nats per frame, at least 0."""
    beta_warmup_steps: int = attrs.field(default=300, validator=within(0))
    """Steps in which the weight of the KL rises to ``beta``, at least 0."""
    beta_from_step: int = attrs.field(default=0, validator=within(0))
    """Step in which it begins to rise, at least 0: until then, the decoder learns to use motion
    that costs nothing. A KL from the start is met by motion that says nothing, and stays so."""
