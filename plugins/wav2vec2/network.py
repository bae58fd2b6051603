"""The networks of transformers, and a mixture of what their layers give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from styletalker.core.errors import ConfigError, compose
from styletalker.plugins.wav2vec2.config import Wav2Vec2EncoderConfig
from torch import Tensor, nn

__all__ = ["SpeechNetwork"]

_CLASSES: Mapping[str, tuple[type[Any], type[Any]]] = {
    "wav2vec2": (transformers.Wav2Vec2Config, transformers.Wav2Vec2Model),
    "hubert": (transformers.HubertConfig, transformers.HubertModel),
    "wavlm": (transformers.WavLMConfig, transformers.WavLMModel),
}
_VARIANCE = 1e-7
"""What transformers' feature extractor adds to a variance."""


class SpeechNetwork(nn.Module):
    """wav2vec 2.0, HuBERT or WavLM: a waveform [B, S] -> the mixture of layers [B, N, A].

    The network is always in evaluation mode: neither dropout nor masks, also while it is tuned, so
    that features depend on the waveform alone.
    """

    def __init__(self, config: Wav2Vec2EncoderConfig) -> None:
        """With random weights.

        Raises:
            ConfigError: the options do not go together.
        """
        super().__init__()
        self.config = config
        self.chosen = _chosen(config)
        self.model = _build(config)
        self.mix = nn.Parameter(torch.zeros(config.blocks + 1))
        self._choose_what_is_tuned()
        self.model.eval()

    def train(self, mode: bool = True) -> SpeechNetwork:
        """As of every module; what transformers built stays in evaluation mode."""
        super().train(mode)
        self.model.eval()
        return self

    def forward(self, waveform: Tensor) -> Tensor:
        """Features [B, N, A] of N steps, from a waveform [B, S] of at least one step."""
        tuned = self.config.tuned != "nothing"
        with torch.set_grad_enabled(tuned and torch.is_grad_enabled()), self._kept() as kept:
            heard = self.model(self._scaled(waveform)).last_hidden_state
        kept[self.config.blocks] = heard
        if len(self.chosen) == 1:
            return kept[self.chosen[0]]
        shares = self.mix[list(self.chosen)].softmax(0)
        return torch.stack([kept[k] for k in self.chosen], -1) @ shares.to(heard.dtype)

    def _scaled(self, waveform: Tensor) -> Tensor:
        if self.config.standardise:
            variance, mean = torch.var_mean(waveform.float(), 1, correction=0, keepdim=True)
            waveform = (waveform.float() - mean) / (variance + _VARIANCE).sqrt()
        return waveform.to(next(self.model.parameters()).dtype)

    @contextmanager
    def _kept(self) -> Iterator[dict[int, Tensor]]:
        """Collects what enters the first block (0) and leaves block k during a forward pass."""
        kept: dict[int, Tensor] = {}
        blocks = self.model.encoder.layers
        handles = []
        for k in self.chosen:
            if k == 0:
                handles.append(blocks[0].register_forward_pre_hook(_entering(kept)))
            elif k < self.config.blocks:
                handles.append(blocks[k - 1].register_forward_hook(_leaving(kept, k)))
        try:
            yield kept
        finally:
            for handle in handles:
                handle.remove()

    def _choose_what_is_tuned(self) -> None:
        """Say which parameters are trained: none that does not reach the features."""
        top, tuned = max(self.chosen), self.config.tuned
        frozen: list[nn.Module] = [*self.model.encoder.layers[top:]]
        if top < self.config.blocks and self.config.norm_first:
            frozen.append(self.model.encoder.layer_norm)  # comes after the last block
        if tuned == "transformer":
            frozen.append(self.model.feature_extractor)
        if tuned == "nothing":
            frozen = [self.model]
        for part in frozen:
            part.requires_grad_(False)  # noqa: FBT003
        self.mix.requires_grad = len(self.chosen) > 1


def _chosen(config: Wav2Vec2EncoderConfig) -> tuple[int, ...]:
    """The chosen layers as numbers from 0 to ``blocks``, in order."""
    last = config.blocks
    wrong = [k for k in config.layers if not -last - 1 <= k <= last]
    if wrong or not config.layers:
        expected = f"one or more layers from 0 to {last}, or from the end, -1 to {-last - 1}"
        given: object = wrong[0] if wrong else []
        raise ConfigError(compose("layers", expected=expected, given=given))
    return tuple(sorted({k % (last + 1) for k in config.layers}))


def _build(config: Wav2Vec2EncoderConfig) -> Any:
    lengths = {len(config.conv_channels), len(config.conv_kernels), len(config.conv_strides)}
    if len(lengths) > 1 or 0 in lengths:
        problem = "conv_channels, conv_kernels and conv_strides differ in length, or are empty"
        raise ConfigError(problem)
    for name, divisor in (("heads", config.heads), ("position_groups", config.position_groups)):
        if config.width % divisor:
            expected = f"a divisor of the width, {config.width}"
            raise ConfigError(compose(name, expected=expected, given=divisor))
    about, cls = _CLASSES[config.network]
    return cls(about(**_settings(config)))


def _settings(config: Wav2Vec2EncoderConfig) -> dict[str, Any]:
    """The options by transformers' names; without dropout, masks and all that is for training."""
    settings: dict[str, Any] = {
        "hidden_size": config.width,
        "num_hidden_layers": config.blocks,
        "num_attention_heads": config.heads,
        "intermediate_size": config.inner,
        "hidden_act": config.activation,
        "do_stable_layer_norm": config.norm_first,
        "layer_norm_eps": config.epsilon,
        "conv_dim": list(config.conv_channels),
        "conv_kernel": list(config.conv_kernels),
        "conv_stride": list(config.conv_strides),
        "conv_bias": config.conv_bias,
        "feat_extract_norm": config.conv_norm,
        "feat_extract_activation": config.conv_activation,
        "num_conv_pos_embeddings": config.position_kernel,
        "num_conv_pos_embedding_groups": config.position_groups,
        "mask_time_prob": 0.0,
        "mask_feature_prob": 0.0,
        "apply_spec_augment": False,
        "layerdrop": 0.0,
    }
    if config.network == "hubert":
        settings["feat_proj_layer_norm"] = config.norm_projection
        settings["conv_pos_batch_norm"] = config.position_batch_norm
    if config.network == "wavlm":
        settings["num_buckets"] = config.buckets
        settings["max_bucket_distance"] = config.bucket_distance
    return settings


def _entering(kept: dict[int, Tensor]) -> Any:
    def hook(_: nn.Module, given: tuple[Any, ...]) -> None:
        kept[0] = given[0]

    return hook


def _leaving(kept: dict[int, Tensor], k: int) -> Any:
    def hook(_: nn.Module, __: Any, result: Any) -> None:
        kept[k] = result[0] if isinstance(result, tuple) else result

    return hook
