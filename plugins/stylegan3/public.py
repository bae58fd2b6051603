"""Public weights: the names NVIDIA's StyleGAN3 repository gives to tensors and options.

This file knows names and shapes only, not how a pickle is read. The published weights are under
NVIDIA's source code licence: for research and evaluation, not for commercial use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from styletalker.core.errors import CheckpointError
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.generator import StyleGAN3
from torch import Tensor

__all__ = ["from_public", "generator_of", "is_public", "options_of"]

_PARTS = {"mapping": "mapping_network", "synthesis": "synthesis_network"}
"""Their names, and ours: ``mapping`` and ``synthesis`` are methods of the role here."""
_LAYER = re.compile(r"synthesis\.L(\d+)_(\d+)_(\d+)\.weight")
_OPTIONS = {
    "z_dim": "z_dim",
    "c_dim": "label_dim",
    "w_dim": "w_dim",
    "img_resolution": "resolution",
    "channel_base": "channel_base",
    "channel_max": "channel_max",
    "num_layers": "layers",
    "num_critical": "critical",
    "first_cutoff": "first_cutoff",
    "first_stopband": "first_stopband",
    "last_stopband_rel": "last_stopband_rel",
    "margin_size": "margin",
    "output_scale": "output_scale",
    "conv_kernel": "kernel",
    "filter_size": "filter_size",
    "lrelu_upsampling": "upsampling",
    "use_radial_filters": "radial",
    "conv_clamp": "conv_clamp",
    "magnitude_ema_beta": "magnitude_beta",
}
"""Arguments of their constructor, and our options. ``num_fp16_res`` has none: see the README."""
_PUBLISHED = {"channel_base": 32768, "channel_max": 512, "magnitude_beta": 0.999}
"""Their constructor's defaults where ours are others."""


def is_public(tensors: Mapping[str, Tensor]) -> bool:
    """Whether these are the tensors of a StyleGAN3 generator, by their names."""
    return "synthesis.input.freqs" in tensors and any(map(_LAYER.fullmatch, tensors))


def from_public(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of :class:`~styletalker.plugins.stylegan3.generator.StyleGAN3`.

    Raises:
        CheckpointError: a tensor is none of that generator's.
    """
    state: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if part not in _PARTS:
            raise CheckpointError(f"no tensor of a StyleGAN3 generator is called {name!r}")
        state[f"{_PARTS[part]}.{rest}"] = tensor
    return state


def options_of(
    tensors: Mapping[str, Tensor], constructor: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Options of the configuration under which public weights fit.

    Args:
        tensors: the state of their generator.
        constructor: the arguments it was made with (``_init_kwargs`` in their pickles). Without
            them widths and sizes are read off the tensors, and other options are as published.

    Raises:
        CheckpointError: the tensors are not a StyleGAN3 generator's, or it makes no RGB images.
    """
    if not is_public(tensors):
        raise CheckpointError("these are not the weights of a StyleGAN3 generator")
    found = _read_off(tensors)
    if constructor is None:
        return found
    given = {**constructor, **constructor.get("synthesis_kwargs", {})}
    mapping = given.pop("mapping_kwargs", {})
    if given.get("img_channels", 3) != 3:
        raise CheckpointError(f"the generator makes {given['img_channels']} channels, not RGB")
    options = {**found, **_PUBLISHED}
    options |= {ours: given[theirs] for theirs, ours in _OPTIONS.items() if theirs in given}
    if "num_layers" in mapping:
        options["mapping_layers"] = mapping["num_layers"]
    return {name: _plain(value) for name, value in options.items()}


def generator_of(
    tensors: Mapping[str, Tensor], constructor: Mapping[str, Any] | None = None
) -> StyleGAN3:
    """The generator of public weights, in evaluation mode.

    Raises:
        CheckpointError: the weights do not fit, or their filters are not those of the options.
    """
    generator = StyleGAN3(StyleGAN3Config(**options_of(tensors, constructor))).eval()
    state, own = from_public(tensors), generator.state_dict()
    problems = [f"{name} is missing" for name in own if name not in state]
    problems += [f"{name} is not known" for name in state if name not in own]
    problems += [
        f"{name} has the shape {tuple(state[name].shape)} instead of {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    problems = problems or [
        f"{name} is another filter than its options make"
        for name in own
        if name.endswith("_filter") and not torch.allclose(state[name], own[name], atol=1e-5)
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise CheckpointError("the weights do not fit: " + "; ".join(problems[:3]) + more)
    generator.load_state_dict(state)
    return generator


def _read_off(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """What names and shapes tell."""
    layers = sorted(
        (int(found[1]), int(found[2]), int(found[3]))
        for found in map(_LAYER.fullmatch, tensors)
        if found
    )
    w_dim, inputs = tensors["mapping.fc0.weight"].shape
    embed = tensors.get("mapping.embed.weight")
    resolution, widths = layers[-1][1], [width for _, _, width in layers[:-1]]
    first = tensors[f"synthesis.L0_{layers[0][1]}_{widths[0]}.weight"]
    radial = any(t.dim() == 2 for name, t in tensors.items() if name.endswith("down_filter"))
    # All but the last layers have the cutoff half the resolution: base / 2 / cutoff channels.
    return {
        "resolution": resolution,
        "z_dim": inputs - (0 if embed is None else w_dim),
        "w_dim": w_dim,
        "label_dim": 0 if embed is None else embed.shape[1],
        "mapping_layers": sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", n)) for n in tensors),
        "channel_base": widths[-1] * resolution,
        "channel_max": max(widths),
        "layers": len(widths),
        "kernel": first.shape[-1],
        "radial": radial,
    }


def _plain(value: Any) -> Any:
    """A number of numpy's as Python's own."""
    return value.item() if hasattr(value, "item") else value
