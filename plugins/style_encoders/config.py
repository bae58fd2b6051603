"""Options of the inverters ``psp_ir_se50``, ``e4e`` and ``restyle``."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import within

__all__ = ["E4EConfig", "EncoderConfig", "PSPEncoderConfig", "ReStyleConfig", "Start"]

Start = Literal["generator", "own", "zero"]
"""What is added to what an encoder sees."""
_Blocks = tuple[int, int, int, int]


def _power_of_two(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not (32 <= value <= 1024 and value & (value - 1) == 0):
        raise ValueError(f"{attribute.name} must be a power of two, 32 to 1024")


def _counts(_: object, attribute: attrs.Attribute[_Blocks], value: _Blocks) -> None:
    if not all(1 <= count <= 64 for count in value):
        raise ValueError(f"{attribute.name} must each be 1 to 64")


@attrs.frozen(kw_only=True)
class EncoderConfig:
    """What the three have in common; the defaults are the published network's."""

    width: int = attrs.field(default=64, validator=within(1, 512))
    """Channels of the backbone's first stage, 1 to 512; later ones have 2, 4 and 8 times as
    many. 64 in public weights."""
    blocks: _Blocks = attrs.field(default=(3, 4, 14, 3), validator=_counts)
    """Units of the backbone's four stages, 1 to 64 each; as here in public weights."""
    pixels: int = attrs.field(default=256, validator=_power_of_two)
    """Images are brought to this many pixels a side, a power of two, 32 to 1024; 256 in public
    weights."""
    start: Start = "generator"
    """What is added to what the encoder sees: the mean code of the generator given, the mean
    code in the encoder's own weights (as public weights have it), or nothing."""


@attrs.frozen(kw_only=True)
class PSPEncoderConfig(EncoderConfig):
    """Options of :class:`styletalker.plugins.style_encoders.psp.PSPEncoder`."""

    encoder: Literal["gradual", "last_layer_w", "last_layer_wplus"] = "gradual"
    """Where codes are read: off three maps, row by row; off the last map as one code for all
    layers; or off the last map as one vector that holds all rows."""


@attrs.frozen(kw_only=True)
class E4EConfig(EncoderConfig):
    """Options of :class:`styletalker.plugins.style_encoders.e4e.E4E`."""

    encoder: Literal["progressive", "single_w"] = "progressive"
    """An offset for every layer, or one code for all layers."""
    stage: int | None = attrs.field(default=None, validator=within(0, 64))
    """Last row that has an offset, 0 to 64; null for all. Training raises it step by step."""


@attrs.frozen(kw_only=True)
class ReStyleConfig(EncoderConfig):
    """Options of :class:`styletalker.plugins.style_encoders.restyle.ReStyle`."""

    rows: Literal["psp", "e4e"] = "psp"
    """How rows are made: each by itself, or as an offset from the first."""
    maps: Literal["last", "pyramid"] = "last"
    """What the rows are read off: the last map, as published, or three maps."""
    steps: int = attrs.field(default=5, validator=within(1, 50))
    """How often the result is looked at and corrected, 1 to 50; 5 in the paper."""
