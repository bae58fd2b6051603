"""Options of the generator ``stylegan3``."""

from __future__ import annotations

import attrs
from styletalker.core.config.options import above, within

__all__ = ["StyleGAN3Config"]


def _power_of_two(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    """Refuse sizes that are not 8, 16, ... 2048."""
    if not (8 <= value <= 2048 and value & (value - 1) == 0):
        raise ValueError(f"{attribute.name} must be a power of two, 8 to 2048")


@attrs.frozen(kw_only=True)
class StyleGAN3Config:
    """Options of :class:`styletalker.plugins.stylegan3.generator.StyleGAN3`.

    The defaults are those of the published 256 px translation-equivariant network
    (configuration T). Configuration R: ``kernel: 1``, ``radial: true``, and twice the
    ``channel_base`` and ``channel_max``.
    """

    resolution: int = attrs.field(default=256, validator=_power_of_two)
    """Height and width of the images in pixels: a power of two, 8 to 2048."""
    z_dim: int = attrs.field(default=512, validator=within(1, 4096))
    """Channels G of the random input, 1 to 4096."""
    w_dim: int = attrs.field(default=512, validator=within(1, 4096))
    """Channels D of a style code, 1 to 4096."""
    classes: int = attrs.field(default=0, validator=within(0, 100_000))
    """Classes of a model with labels; 0 for one without, 0 to 100000."""
    label: int = attrs.field(default=0, validator=within(0, 100_000))
    """The class that is drawn where a caller gives no labels; counts from 0."""
    mapping_layers: int = attrs.field(default=2, validator=within(1, 16))
    """Layers of the mapping network, 1 to 16; two in the paper."""
    channel_base: int = attrs.field(default=16384, validator=within(4, 1 << 20))
    """Twice the channels of a layer times its cutoff frequency: the width of the fine layers."""
    channel_max: int = attrs.field(default=512, validator=within(1, 4096))
    """Most channels of a layer: the width of the coarse layers, 1 to 4096."""
    layers: int = attrs.field(default=14, validator=within(3, 64))
    """Layers of the synthesis network without Fourier input and ToRGB, 3 to 64."""
    critical: int = attrs.field(default=2, validator=within(0, 64))
    """Last layers that are sampled critically: their cutoff is half the sampling rate, 0 to 64,
    fewer than ``layers``."""
    first_cutoff: float = attrs.field(default=2.0, validator=above(0.0, 256.0))
    """Cutoff frequency of the first layer, in periods per image; up to 256."""
    first_stopband: float = attrs.field(default=2.0**2.1, validator=above(0.0, 512.0))
    """Where the first layer's filter stops, in periods per image; above its cutoff, up to 512."""
    last_stopband_rel: float = attrs.field(default=2.0**0.3, validator=above(1.0, 4.0))
    """Where the last layer's filter stops, relative to its cutoff: above 1, up to 4."""
    margin: int = attrs.field(default=10, validator=within(0, 64))
    """Pixels beyond each edge of the image that features extend to, 0 to 64."""
    output_scale: float = attrs.field(default=0.25, validator=above(0.0, 16.0))
    """Factor of the image at the end."""
    kernel: int = attrs.field(default=3, validator=within(1, 7))
    """Width of the convolutions in pixels, 1 to 7: 3 in configuration T, 1 in R."""
    filter_size: int = attrs.field(default=6, validator=within(1, 16))
    """Taps of a low-pass filter at the lower of its two sampling rates, 1 to 16."""
    upsampling: int = attrs.field(default=2, validator=within(1, 4))
    """How much finer than a layer its activation is sampled: 1, 2 or 4."""
    radial: bool = False
    """Whether filters are radially symmetric where they may be: configuration R."""
    conv_clamp: float | None = attrs.field(default=256.0, validator=above(0.0))
    """Activations are clamped to plus and minus this; null does not clamp."""
    magnitude_beta: float = attrs.field(default=0.9988915792636801, validator=within(0.0, 1.0))
    """Memory of the running magnitudes per training step, 0 to 1. The default halves it after
    20,000 images at a batch of 32, as published."""

    def __attrs_post_init__(self) -> None:
        """Refuse options that contradict each other."""
        if self.label >= max(self.classes, 1):
            raise ValueError("label must be below classes")
        if self.critical >= self.layers:
            raise ValueError("critical must be smaller than layers")
        if self.first_stopband <= self.first_cutoff:
            raise ValueError("first_stopband must be above first_cutoff")
        if self.first_cutoff > self.resolution / 2:
            raise ValueError("first_cutoff must be at most half the resolution")
        if self.upsampling == 3:
            raise ValueError("upsampling must be 1, 2 or 4")
