"""The other public layout: rosinality's PyTorch port, in which encoders (pSp, e4e) keep generators.

Renamed to the layout of NVIDIA's repositories, it goes on through
:mod:`styletalker.plugins.stylegan2.public`. The two store the same numbers, but for leading axes
of 1 and the gain of the filters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from styletalker.core.errors import CheckpointError, InputError, compose
from torch import Tensor

__all__ = ["as_public"]

_INNER = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "noise.weight": "noise_strength",
    "activate.bias": "bias",
    "bias": "bias",
    "conv.blur.kernel": "resample_filter",
    "upsample.kernel": "resample_filter",
}
"""Names within a layer: theirs -> NVIDIA's."""
_OUTER = re.compile(r"(conv1|to_rgb1|convs\.(\d+)|to_rgbs\.(\d+))\.(.+)")


def as_public(tensors: Mapping[str, Tensor], mean: Tensor) -> dict[str, Tensor]:
    """Their generator's state (``g_ema``) and mean code (``latent_avg``) under NVIDIA's names.

    Args:
        tensors: the state of ``model.Generator``.
        mean: the mean code, [D] or [1, D].

    Raises:
        CheckpointError: a tensor is none of that generator's.
        InputError: the mean is not one code (some encoders keep one per layer).
    """
    if mean.numel() != mean.shape[-1]:
        raise InputError(
            compose("mean must be one code", expected="[D] or [1, D]", given=tuple(mean.shape))
        )
    public = {"mapping.w_avg": mean.reshape(-1)}
    for name, tensor in tensors.items():
        renamed = _renamed(name)
        if renamed is None:
            raise CheckpointError(f"no tensor of rosinality's generator is called {name!r}")
        public[renamed] = _reshaped(renamed, tensor)
    return public


def _renamed(name: str) -> str | None:
    if name == "input.input":
        return "synthesis.b4.const"
    if found := re.fullmatch(r"style\.(\d+)\.(weight|bias)", name):
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}"  # style.0 normalises z
    if found := re.fullmatch(r"noises\.noise_(\d+)", name):
        i = int(found[1])
        layer = _conv(i - 1) if i else "b4.conv1"
        return f"synthesis.{layer}.noise_const"
    found = _OUTER.fullmatch(name)
    if found is None or found[4] not in _INNER:
        return None
    if found[2] is not None:
        layer = _conv(int(found[2]))
    elif found[3] is not None:
        layer = f"b{8 << int(found[3])}.torgb"
    else:
        layer = "b4.conv1" if found[1] == "conv1" else "b4.torgb"
    return f"synthesis.{layer}.{_INNER[found[4]]}"


def _conv(index: int) -> str:
    """Two convolutions per block, from 8 pixels on."""
    return f"b{8 << index // 2}.conv{index % 2}"


def _reshaped(name: str, tensor: Tensor) -> Tensor:
    if name.endswith("resample_filter"):
        return tensor / 4  # they store the gain of doubling with it
    if name.endswith("noise_strength"):
        return tensor.reshape(())
    if name.endswith("noise_const"):
        return tensor.reshape(tensor.shape[-2:])
    if name.endswith(".const") or (name.endswith(".weight") and tensor.dim() == 5):
        return tensor[0]
    return tensor.reshape(-1) if name.endswith(".bias") else tensor
