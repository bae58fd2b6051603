"""Options of the audio encoder ``wav2vec2``."""

from __future__ import annotations

from typing import Literal

import attrs
from styletalker.core.config.options import USAGE, above, within

__all__ = ["Activation", "Wav2Vec2EncoderConfig"]

Activation = Literal["gelu", "gelu_new", "relu", "silu"]
"""Names of functions, as transformers knows them."""

_CHANNELS = (512,) * 7
_KERNELS = (10, 3, 3, 3, 3, 2, 2)
_STRIDES = (5, 2, 2, 2, 2, 2, 2)


@attrs.frozen(kw_only=True)
class Wav2Vec2EncoderConfig:
    """Options of :class:`styletalker.plugins.wav2vec2.encoder.Wav2Vec2Encoder`.

    The first ones, to ``standardise``, are the network's: they come from the weights. Their
    defaults are those of the base models, as transformers has them.
    """

    network: Literal["wav2vec2", "hubert", "wavlm"] = "wav2vec2"
    """Which network: wav2vec 2.0, HuBERT or WavLM."""
    width: int = attrs.field(default=768, validator=within(1, 8192))
    """Channels of the transformer and features A per video frame, 1 to 8192."""
    blocks: int = attrs.field(default=12, validator=within(1, 96))
    """Blocks of the transformer, 1 to 96."""
    heads: int = attrs.field(default=12, validator=within(1, 64))
    """Attention heads, 1 to 64; they divide the width."""
    inner: int = attrs.field(default=3072, validator=within(1, 32768))
    """Channels between the two layers of a block's second half, 1 to 32768."""
    activation: Activation = "gelu"
    """Function within the blocks."""
    norm_first: bool = False
    """Whether a block normalises before its layers, as the large models do, not after them."""
    epsilon: float = attrs.field(default=1e-5, validator=above(0.0, 0.1))
    """What layer normalisation adds to a variance, above 0 to 0.1."""
    conv_channels: tuple[int, ...] = _CHANNELS
    """Channels of each convolution over the waveform."""
    conv_kernels: tuple[int, ...] = _KERNELS
    """Lengths of their kernels, in samples of their input."""
    conv_strides: tuple[int, ...] = _STRIDES
    """Their strides: together 320 samples, 20 ms, in all published models."""
    conv_bias: bool = False
    """Whether they have biases."""
    conv_norm: Literal["group", "layer"] = "group"
    """``group``: the first convolution is normalised over time; ``layer``: each one over channels.
    """
    conv_activation: Activation = "gelu"
    """Function after them."""
    norm_projection: bool = True
    """Whether their result is normalised before it is projected; false in a few HuBERTs only."""
    position_kernel: int = attrs.field(default=128, validator=within(1, 1024))
    """Length of the convolution that says where in time something is, 1 to 1024 steps of 20 ms."""
    position_groups: int = attrs.field(default=16, validator=within(1, 1024))
    """Its groups, 1 to 1024."""
    position_batch_norm: bool = False
    """Whether it normalises over batches in place of its weight; true in a few HuBERTs only."""
    buckets: int = attrs.field(default=320, validator=within(1, 4096))
    """WavLM: classes of distances in time, 1 to 4096."""
    bucket_distance: int = attrs.field(default=800, validator=within(1, 65536))
    """WavLM: distance from which on all are in one class, 1 to 65536 steps."""
    standardise: bool = True
    """Whether a window's waveform is shifted and scaled to mean 0 and variance 1, as
    ``preprocessor_config.json`` says."""
    layers: tuple[int, ...] = attrs.field(default=(-1,), metadata=USAGE)
    """Which layers' outputs are the features: 0 is what enters the first block, k what leaves block
    k, -1 the last; not empty. Several are mixed by learned weights that are equal at first (SUPERB,
    arXiv 2105.01051)."""
    tuned: Literal["nothing", "transformer", "everything"] = attrs.field(
        default="nothing", metadata=USAGE
    )
    """What training changes: nothing but the mixture of layers; all but the convolutions over the
    waveform; or everything."""
    chunk_frames: int = attrs.field(default=25, validator=within(1, 3000), metadata=USAGE)
    """Video frames whose features are computed together, 1 to 3000."""
    past_frames: int = attrs.field(default=50, validator=within(0, 3000), metadata=USAGE)
    """Video frames of past that the network hears before those, 0 to 3000."""
    future_frames: int = attrs.field(default=25, validator=within(1, 3000), metadata=USAGE)
    """Video frames of future that it hears after them, 1 to 3000. The look-ahead is this and
    ``chunk_frames`` - 1: 49 frames by default, so a stream is about two seconds late."""
