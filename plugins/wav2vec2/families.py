"""Models of the wav2vec 2.0 family in Hugging Face layout -> our tensors and options.

Such a folder has ``model.safetensors`` or ``pytorch_model.bin``, ``config.json`` with the sizes,
and ``preprocessor_config.json`` that says how the waveform is scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from styletalker.core.errors import CheckpointError, RunError, compose
from styletalker.core.files import read_json
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit
from styletalker.core.weights_file.tensors import Tensors

__all__ = ["speech_network"]

_SIGN = "feature_extractor.conv_layers.0.conv.weight"
_PARTS = ("feature_extractor.", "feature_projection.", "encoder.")
"""What is used; heads, quantisers and the mask's vector are left out."""
_NETWORKS = ("wav2vec2", "hubert", "wavlm")
_ADAPTERS = ".adapter_layer."
_RENAMED = {
    "pos_conv_embed.conv.weight_g": "pos_conv_embed.conv.parametrizations.weight.original0",
    "pos_conv_embed.conv.weight_v": "pos_conv_embed.conv.parametrizations.weight.original1",
}
"""How files from before PyTorch 2.1 call the two factors of a weight."""

_OPTIONS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "hidden_size": ("width", int),
    "num_hidden_layers": ("blocks", int),
    "num_attention_heads": ("heads", int),
    "intermediate_size": ("inner", int),
    "hidden_act": ("activation", str),
    "do_stable_layer_norm": ("norm_first", bool),
    "layer_norm_eps": ("epsilon", float),
    "conv_dim": ("conv_channels", list),
    "conv_kernel": ("conv_kernels", list),
    "conv_stride": ("conv_strides", list),
    "conv_bias": ("conv_bias", bool),
    "feat_extract_norm": ("conv_norm", str),
    "feat_extract_activation": ("conv_activation", str),
    "num_conv_pos_embeddings": ("position_kernel", int),
    "num_conv_pos_embedding_groups": ("position_groups", int),
    "feat_proj_layer_norm": ("norm_projection", bool),
    "conv_pos_batch_norm": ("position_batch_norm", bool),
    "num_buckets": ("buckets", int),
    "max_bucket_distance": ("bucket_distance", int),
}
"""Key of ``config.json`` -> our option; one that is left out has transformers' default and ours."""


def speech_network(file: WeightsFile) -> Fit | None:
    """The speech network in a file that lies in a folder in Hugging Face layout."""
    found = next((name for name in file.tensors if name.endswith(_SIGN)), None)
    if found is None:
        return None
    about = _read(file, "config.json")
    if about is None:
        raise CheckpointError(
            f"{file.path}: is a network of the wav2vec 2.0 family, and its sizes stand in "
            "config.json: put that file of its folder beside it, and preprocessor_config.json"
        )
    kind = about.get("model_type")
    if kind not in _NETWORKS:
        problem = "config.json names a network that is not known here"
        where = str(file.path)
        raise CheckpointError(
            compose(problem, where=where, given=kind, name=str(kind), choices=_NETWORKS)
        )
    if any(_ADAPTERS in name for name in file.tensors):
        raise CheckpointError(
            f"{file.path}: its blocks have adapters for languages, and these are not known here"
        )
    options = _options(about, file.path)
    scaled = _read(file, "preprocessor_config.json")
    options |= {"network": kind, "standardise": bool((scaled or {}).get("do_normalize", True))}
    prefix = found.removesuffix(_SIGN)
    tensors = file.tensors.renamed(lambda name: _renamed(name, prefix))
    blocks = options.get("blocks", 12)
    return Fit(
        tensors=tensors.joined({"network.mix": torch.zeros(blocks + 1)}),
        options=options,
        architecture=f"{kind}, {blocks} blocks of {options.get('width', 768)}",
        part=prefix.rstrip("."),
        notes=_notes(file.tensors, tensors, about, scaled=scaled is not None),
    )


def _read(file: WeightsFile, name: str) -> Mapping[str, Any] | None:
    """A JSON file beside the weights; None if there is none."""
    path = file.path.parent / name
    if not path.is_file():
        return None
    try:
        content = read_json(path)
    except RunError as error:
        raise CheckpointError(str(error)) from error
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{path}: is no mapping of names to values")
    return content


def _options(about: Mapping[str, Any], path: Path) -> dict[str, Any]:
    options = {}
    for key, (name, convert) in _OPTIONS.items():
        if key not in about:
            continue
        try:
            options[name] = convert(about[key])
        except (TypeError, ValueError) as error:
            given = about[key]
            raise CheckpointError(
                compose(f"config.json: {key} is wrong", where=str(path), given=given)
            ) from error
    return options


def _renamed(name: str, prefix: str) -> str | None:
    """Our name of a tensor; None for one that is not used."""
    bare = name.removeprefix(prefix)
    if not name.startswith(prefix) or not bare.startswith(_PARTS):
        return None
    for old, new in _RENAMED.items():
        if bare.endswith(old):
            bare = bare.removesuffix(old) + new
    return f"network.model.{bare}"


def _notes(
    given: Tensors, used: Tensors, about: Mapping[str, Any], *, scaled: bool
) -> tuple[str, ...]:
    notes = []
    if about.get("add_adapter"):
        notes.append("the adapter after the transformer is left out: it would halve the rate")
    if not scaled:
        notes.append("no preprocessor_config.json: the waveform is taken to be standardised")
    left = len(given) - len(used)
    if left:
        notes.append(f"{left} tensors are not used, such as the head and the quantiser")
    return tuple(notes)
