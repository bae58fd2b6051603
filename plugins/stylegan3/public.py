"""Public weights: the names NVIDIA's StyleGAN3 repository gives to tensors and options.

This file knows names and shapes only; the core's reader keeps what is unsafe in such files away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.lowpass import lowpass
from styletalker.plugins.stylegan3.schedule import layer_name, plans_of
from torch import Tensor

__all__ = ["check_filters", "from_public", "options_of"]

_PARTS = {"mapping": "mapping_network", "synthesis": "synthesis_network"}
"""Their names, and ours: ``mapping`` and ``synthesis`` are methods of the role here."""
_MEAN = "mapping.w_avg"
_LAYER = re.compile(r"synthesis\.L(\d+)_(\d+)_(\d+)\.weight")
_OPTIONS = {
    "z_dim": "z_dim",
    "c_dim": "classes",
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
_NEAR = 1e-5
"""How much a filter in a file may differ from what its options make."""


def from_public(tensors: Mapping[str, Tensor]) -> Tensors:
    """The state of :class:`~styletalker.plugins.stylegan3.generator.StyleGAN3`.

    Raises:
        CheckpointError: a tensor is none of that generator's.
    """
    given = Tensors.of(tensors)
    if _MEAN not in given and "mapping.fc0.bias" in given:  # not every training follows the mean
        given = given.joined({_MEAN: torch.zeros(given.shapes["mapping.fc0.bias"])})
    return given.renamed(_ours)


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
    found = _read_off(Tensors.of(tensors).shapes)
    if not constructor:
        return found
    given = {**constructor, **(constructor.get("synthesis_kwargs") or {})}
    mapping = given.get("mapping_kwargs") or {}
    if given.get("img_channels", 3) != 3:
        raise CheckpointError(f"the generator makes {given['img_channels']} channels, not RGB")
    options = {**found, **_PUBLISHED}
    options |= {ours: given[theirs] for theirs, ours in _OPTIONS.items() if theirs in given}
    options["mapping_layers"] = mapping.get("num_layers", found["mapping_layers"])
    kinds = {name: type(default) for name, default in _defaults().items()}
    return {name: _plain(value, kinds[name]) for name, value in options.items()}


def check_filters(tensors: Mapping[str, Tensor], config: StyleGAN3Config) -> None:
    """Refuse filters that are not those of *config*: then its other sizes would be wrong as well.

    Raises:
        CheckpointError: a filter is another one; the message names it.
    """
    for index, plan in enumerate(plans_of(config)):
        for kind in ("up_filter", "down_filter"):
            name = f"synthesis.{layer_name(index, plan)}.{kind}"
            wanted = lowpass(**plan.filter_of(kind, radial=config.radial))
            if wanted is None or name not in tensors:
                continue  # other names and shapes are refused where tensors are loaded
            given = tensors[name].float()
            if given.shape != wanted.shape or not torch.allclose(given, wanted, atol=_NEAR):
                raise CheckpointError(f"{name} is another filter than its options make")


def _ours(name: str) -> str:
    part, _, rest = name.partition(".")
    if part not in _PARTS:
        raise CheckpointError(f"no tensor of a StyleGAN3 generator is called {name!r}")
    return f"{_PARTS[part]}.{rest}"


def _read_off(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """What names and shapes tell."""
    layers = sorted(
        (int(found[1]), int(found[2]), int(found[3]))
        for found in map(_LAYER.fullmatch, shapes)
        if found
    )
    if len(layers) < 2 or "mapping.fc0.weight" not in shapes:
        raise CheckpointError("these are not the weights of a StyleGAN3 generator")
    w_dim, inputs = shapes["mapping.fc0.weight"]
    embed = shapes.get("mapping.embed.weight")
    resolution, widths = layers[-1][1], [width for _, _, width in layers[:-1]]
    first = shapes[f"synthesis.L0_{layers[0][1]}_{widths[0]}.weight"]
    return {
        "resolution": resolution,
        "z_dim": inputs - (0 if embed is None else w_dim),
        "w_dim": w_dim,
        "classes": 0 if embed is None else embed[1],
        "mapping_layers": sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", n)) for n in shapes),
        "channel_base": widths[-1] * resolution,  # its cutoff is half the resolution
        "channel_max": max(widths),
        "layers": len(widths),
        "kernel": first[-1],
        "radial": any(len(s) == 2 for name, s in shapes.items() if name.endswith("down_filter")),
    }


def _defaults() -> dict[str, Any]:
    config = StyleGAN3Config()
    return {name: getattr(config, name) for name in StyleGAN3Config.__annotations__}


def _plain(value: Any, kind: type) -> Any:
    """A number of numpy's as Python's own, of the option's type."""
    value = value.item() if hasattr(value, "item") else value
    return value if value is None else kind(value)
