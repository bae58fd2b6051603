"""The other public layout: rosinality's PyTorch port, in which encoders (pSp, e4e) keep generators.

Renamed to the layout of NVIDIA's repositories, it goes on through
:mod:`styletalker.plugins.stylegan2.public`. The two store the same numbers, but for leading axes
of 1 and the gain of the filters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.stylegan2.filters import doubling_filter
from torch import Tensor

__all__ = ["as_public", "discriminator_as_public", "from_public_names", "mean_code"]

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
_IN_BLOCK = {
    "conv1.0.weight": "conv0.weight",
    "conv1.1.bias": "conv0.bias",
    "conv2.0.kernel": "conv1.resample_filter",
    "conv2.1.weight": "conv1.weight",
    "conv2.2.bias": "conv1.bias",
    "skip.0.kernel": "skip.resample_filter",
    "skip.1.weight": "skip.weight",
}
"""The same within a block of the discriminator."""
_AT_ENDS = {
    "final_conv.0.weight": "b4.conv.weight",
    "final_conv.1.bias": "b4.conv.bias",
    "final_linear.0.weight": "b4.fc.weight",
    "final_linear.0.bias": "b4.fc.bias",
    "final_linear.1.weight": "b4.out.weight",
    "final_linear.1.bias": "b4.out.bias",
}


def as_public(tensors: Mapping[str, Tensor], mean: Tensor | None) -> Tensors:
    """Their generator's state (``g_ema``) and mean code (``latent_avg``) under NVIDIA's names.

    Args:
        tensors: the state of ``model.Generator``.
        mean: the mean code, [D], or [L, D] with equal rows as encoders keep it; None leaves it
            out, as trainings do.

    Raises:
        CheckpointError: a tensor is none of that generator's.
        InputError: the mean is not one code.
    """

    def rename(name: str) -> str:
        renamed = _renamed(name)
        if renamed is None:
            raise CheckpointError(f"no tensor of rosinality's generator is called {name!r}")
        return renamed

    public = Tensors.of(tensors).renamed(rename).changed(_reshaped)
    return public if mean is None else public.joined({"mapping.w_avg": mean_code(mean)})


def mean_code(mean: Tensor) -> Tensor:
    """The one code [D] of [D], or of equal rows [L, D].

    Raises:
        InputError: the rows differ.
    """
    rows = mean.reshape(-1, mean.shape[-1])
    if not (rows == rows[0]).all():
        raise InputError(
            compose(
                "mean must be one code",
                expected="[D], or [L, D] with equal rows",
                given=tuple(mean.shape),
            )
        )
    return rows[0]


def discriminator_as_public(tensors: Mapping[str, Tensor]) -> Tensors:
    """Their discriminator's state (``d``) under NVIDIA's names.

    Raises:
        CheckpointError: a tensor is none of that discriminator's.
    """
    given = Tensors.of(tensors)
    blocks = [int(found[1]) for name in given if (found := re.match(r"convs\.(\d+)\.conv1", name))]
    largest = 4 << max(blocks, default=0)

    def rename(name: str) -> str:
        if name in ("convs.0.0.weight", "convs.0.1.bias"):
            return f"b{largest}.fromrgb.{name.rpartition('.')[2]}"
        if name in _AT_ENDS:
            return _AT_ENDS[name]
        found = re.fullmatch(r"convs\.(\d+)\.(.+)", name)
        if found is None or found[2] not in _IN_BLOCK:
            raise CheckpointError(f"no tensor of rosinality's discriminator is called {name!r}")
        return f"b{2 * largest >> int(found[1])}.{_IN_BLOCK[found[2]]}"

    return given.renamed(rename)


def from_public_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """NVIDIA's names -> their generator's state, with the filters that it stores; no mean code."""
    state: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name == "mapping.w_avg":
            continue
        theirs = _their_name(name)
        state[theirs] = tensor.reshape(_their_shape(name, tensor))
        layer, _, inner = theirs.rpartition(".conv.weight")
        if name.endswith(".conv0.weight"):
            state[f"{layer}.conv.blur.kernel"] = doubling_filter()
        elif layer.startswith("to_rgbs.") and not inner:
            state[f"{layer}.upsample.kernel"] = doubling_filter()
    return state


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


def _their_name(name: str) -> str:
    """The inverse of :func:`_renamed`."""
    if name == "synthesis.b4.const":
        return "input.input"
    if found := re.fullmatch(r"mapping\.fc(\d+)\.(weight|bias)", name):
        return f"style.{int(found[1]) + 1}.{found[2]}"
    found = re.fullmatch(r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\.(.+)", name)
    if found is None:
        raise CheckpointError(f"rosinality's generator has no counterpart of {name!r}")
    block, layer, inner = int(found[1]).bit_length() - 4, found[2], found[3]  # b8 is block 0
    index = 2 * block + (layer == "conv1")
    if inner == "noise_const":
        return f"noises.noise_{index + 1 if block >= 0 else 0}"
    if layer == "torgb":
        where = f"to_rgbs.{block}" if block >= 0 else "to_rgb1"
    else:
        where = f"convs.{index}" if block >= 0 else "conv1"
    if inner == "bias":
        return f"{where}.bias" if layer == "torgb" else f"{where}.activate.bias"
    theirs = next(key for key, value in _INNER.items() if value == inner)
    return f"{where}.{theirs}"


def _their_shape(name: str, tensor: Tensor) -> tuple[int, ...]:
    shape = tuple(tensor.shape)
    if name.endswith(("noise_const",)):
        return (1, 1, *shape)
    if name.endswith("noise_strength"):
        return (1,)
    if name.endswith(".const") or (name.endswith(".weight") and tensor.dim() == 4):
        return (1, *shape)
    return (1, 3, 1, 1) if name.endswith("torgb.bias") else shape


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
