"""Which frequencies each layer carries, and what follows: its size, sampling rate and width.

StyleGAN3 (arXiv 2106.12423), section 3.3 and appendix C.1: cutoff and stopband grow
geometrically from the first layer to the first critically sampled one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

import attrs
import numpy as np
from styletalker.plugins.stylegan3.config import StyleGAN3Config

__all__ = ["Band", "LayerPlan", "bands_of", "layer_name", "plans_of"]


class _Filter(TypedDict):
    taps: int
    cutoff: float
    width: float
    rate: float
    radial: bool


@attrs.frozen(kw_only=True)
class Band:
    """What a layer's output is: its frequencies, sampling rate, size and channels."""

    cutoff: float
    """Highest frequency, in periods per image."""
    half_width: float
    """Half the width of the filter's transition band, in periods per image."""
    rate: int
    """Samples per image width (without margins)."""
    size: int
    """Samples a side, with margins."""
    channels: int
    """Features; 3 at the end."""


@attrs.frozen(kw_only=True)
class LayerPlan:
    """One layer: how it resamples from the band before to its own."""

    before: Band
    after: Band
    kernel: int
    """Width of its convolution."""
    is_rgb: bool
    """Whether it is the last one: no filters, no activation, no demodulation."""
    critical: bool
    """Whether it is sampled critically: then its filter is never radial."""
    up: int
    """Factor from the layer's input to its activation."""
    down: int
    """Factor from its activation to its output."""
    up_taps: int
    down_taps: int
    padding: tuple[int, int]
    """Zeros before and after the finer grid; negative numbers cut."""

    def filter_of(self, kind: Literal["up_filter", "down_filter"], *, radial: bool) -> _Filter:
        """What :func:`styletalker.plugins.stylegan3.lowpass.lowpass` makes the filter of.

        Args:
            kind: the one between input and activation, or between activation and output.
            radial: whether the network's filters are radial where they may be.
        """
        upper = kind == "up_filter"
        band = self.before if upper else self.after
        return {
            "taps": self.up_taps if upper else self.down_taps,
            "cutoff": band.cutoff,
            "width": band.half_width * 2,
            "rate": self.before.rate * self.up,
            "radial": radial and not upper and not self.critical,
        }


def bands_of(config: StyleGAN3Config) -> list[Band]:
    """The bands of all layers, ToRGB last."""
    count = config.layers
    last_cutoff = config.resolution / 2
    last_stopband = last_cutoff * config.last_stopband_rel
    exponents = np.minimum(np.arange(count + 1) / (count - config.critical), 1)
    cutoffs = config.first_cutoff * (last_cutoff / config.first_cutoff) ** exponents
    stopbands = config.first_stopband * (last_stopband / config.first_stopband) ** exponents
    rates = np.exp2(np.ceil(np.log2(np.minimum(stopbands * 2, config.resolution))))
    half_widths = np.maximum(stopbands, rates / 2) - cutoffs
    sizes = rates + config.margin * 2
    sizes[-2:] = config.resolution
    channels = np.rint(np.minimum(config.channel_base / 2 / cutoffs, config.channel_max))
    channels = np.maximum(channels, 1)
    channels[-1] = 3
    return [
        Band(
            cutoff=float(cutoff),
            half_width=float(half_width),
            rate=int(rate),
            size=int(size),
            channels=int(width),
        )
        for cutoff, half_width, rate, size, width in zip(
            cutoffs, half_widths, rates, sizes, channels, strict=True
        )
    ]


def plans_of(config: StyleGAN3Config) -> list[LayerPlan]:
    """All layers, ToRGB last; the first one has the Fourier features before it."""
    bands = bands_of(config)
    return [_plan(config, bands, index) for index in range(len(bands))]


def layer_name(index: int, plan: LayerPlan) -> str:
    """What a layer's tensors are called in public weights: ``L3_52_512``."""
    return f"L{index}_{plan.after.size}_{plan.after.channels}"


def _plan(config: StyleGAN3Config, bands: Sequence[Band], index: int) -> LayerPlan:
    before, after = bands[max(index - 1, 0)], bands[index]
    is_rgb = index == len(bands) - 1
    kernel = 1 if is_rgb else config.kernel
    fine = max(before.rate, after.rate) * (1 if is_rgb else config.upsampling)
    up, down = round(fine / before.rate), round(fine / after.rate)
    up_taps = config.filter_size * up if up > 1 and not is_rgb else 1
    down_taps = config.filter_size * down if down > 1 and not is_rgb else 1
    total = (after.size - 1) * down + 1  # what must be left after the upper filter
    total += up_taps + down_taps - 2
    total -= (before.size + kernel - 1) * up
    low = (total + up) // 2
    return LayerPlan(
        before=before,
        after=after,
        kernel=kernel,
        is_rgb=is_rgb,
        critical=index >= config.layers - config.critical,
        up=up,
        down=down,
        up_taps=up_taps,
        down_taps=down_taps,
        padding=(low, total - low),
    )
