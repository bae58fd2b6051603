"""Options of the motion VAE ``conditional_sequential``."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import within
from styletalker.plugins.common.region import Region

__all__ = ["ConditionalSequentialConfig"]

_LOWER_FACE = Region(top=0.55, bottom=1.0, left=0.0, right=1.0)
"""All below the middle of the nose of a face that is aligned as in FFHQ. A box around the lips
would not do: jaw, cheeks and throat tell how far the mouth is open."""


@attrs.frozen(kw_only=True)
class ConditionalSequentialConfig:
    """Options of :class:`styletalker.plugins.conditional_sequential.vae.ConditionalSequentialVAE`.

    Weights of losses (beta, free bits, swap) are options of the stage that trains it.
    """

    motion_dim: int = attrs.field(default=16, validator=within(1, 512))
    """Motion latents Z per frame, 1 to 512; few, so that there is no room for lips."""
    channels: int = attrs.field(default=256, validator=within(2, 4096))
    """Channels of the recurrent states, 2 to 4096."""
    layers: int = attrs.field(default=2, validator=within(1, 8))
    """Layers of the recurrent decoder, 1 to 8."""
    image_channels: int = attrs.field(default=32, validator=within(4, 512))
    """Channels of the first image layer, 4 to 512; deeper layers have up to 8 times as many."""
    size: Literal[32, 64, 128] = 64
    """Pixels a side to which frames are resized for the encoder: 32, 64 or 128."""
    sees: Literal["frames", "codes"] = "frames"
    """What the encoder looks at: ``frames`` with a hidden region, or ``codes`` with hidden
    channels, where each channel of a code means something by itself, as animation parameters do."""
    hidden_channels: tuple[int, ...] = ()
    """Channels, from 0 to L * D - 1, that the encoder does not see if it looks at ``codes``: those
    that tell the lips. The eyes of a video whose lips are hidden are not."""
    hidden: Region | None = _LOWER_FACE
    """Part of the frame that the encoder does not see, in fractions; null hides nothing
    (an ablation: lips then leak into the motion). An edge that is left out is the frame's."""
    rank: int = attrs.field(default=0, validator=within(0, 4096))
    """Directions of style space the decoder may move in, 1 to 4096; 0 for all L * D of them.

    A full output layer for 18 x 512 codes has 9216 * channels weights; talking needs far fewer
    directions.
    """
    direct: bool = False
    """Whether motion also acts on the codes by a linear layer of its own. Beside loud audio, motion
    that must pass the recurrence is hardly ever learnt to be used."""
