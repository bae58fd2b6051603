"""Public weights: the names NVIDIA's StyleGAN2-ADA and StyleGAN3 repositories give to tensors.

This file knows names and shapes only; the core's reader keeps what is unsafe in such files away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.stylegan2.filters import doubling_filter
from torch import Tensor

__all__ = ["check_filters", "from_public", "options_of", "to_public"]

_PARTS = {"mapping": "mapping_network", "synthesis": "synthesis_network"}
"""Their names, and ours: ``mapping`` and ``synthesis`` are methods of the role here."""
_FILTER = "resample_filter"
"""A constant they store in every layer, of sum 1."""
_MEAN = "mapping.w_avg"


def from_public(tensors: Mapping[str, Tensor]) -> Tensors:
    """The state of :class:`~styletalker.plugins.stylegan2.generator.StyleGAN2`.

    Raises:
        CheckpointError: the weights are of another kind (another filter, another network).
    """
    given = check_filters(tensors)
    if _MEAN not in given and "mapping.fc0.bias" in given:  # not every training follows the mean
        given = given.joined({_MEAN: torch.zeros(given.shapes["mapping.fc0.bias"])})
    return given.renamed(_ours)


def to_public(state: Mapping[str, Tensor]) -> Tensors:
    """Our state under NVIDIA's names, without the constant filters."""
    theirs = {ours: name for name, ours in _PARTS.items()}

    def rename(name: str) -> str:
        part, _, rest = name.partition(".")
        return f"{theirs[part]}.{rest}"

    return Tensors.of(state).renamed(rename)


def check_filters(tensors: Mapping[str, Tensor]) -> Tensors:
    """All tensors but the resampling filters.

    Raises:
        CheckpointError: one of these is not [1, 3, 3, 1].
    """
    given = Tensors.of(tensors)
    for name in given:
        if name.endswith(_FILTER):
            _check_filter(name, given[name])
    return given.renamed(lambda name: None if name.endswith(_FILTER) else name)


def options_of(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Options of the configuration under which public weights fit; all but ``conv_clamp``.

    Raises:
        CheckpointError: a tensor without which this cannot be said is missing.
    """
    shapes = Tensors.of(tensors).shapes
    names = "\n".join(shapes)
    sizes = sorted(int(n) for n in re.findall(r"synthesis\.b(\d+)\.torgb\.bias", names))
    layers = re.findall(r"mapping\.fc(\d+)\.bias", names)
    if not sizes or not layers:
        raise CheckpointError("these are not the weights of a StyleGAN2 generator")
    channels = {n: shapes[f"synthesis.b{n}.conv1.weight"][0] for n in sizes}
    w_dim, inputs = shapes["mapping.fc0.weight"]
    embed = shapes.get("mapping.embed.weight", (0, 0))
    return {
        "resolution": sizes[-1],
        "z_dim": inputs - embed[0],
        "w_dim": w_dim,
        "mapping_layers": len(layers),
        "channel_base": max(n * count for n, count in channels.items()),
        "channel_max": channels[sizes[0]],
        "classes": embed[1],
    }


def _ours(name: str) -> str:
    part, _, rest = name.partition(".")
    if part not in _PARTS:
        raise CheckpointError(f"no tensor of a StyleGAN2 generator is called {name!r}")
    return f"{_PARTS[part]}.{rest}"


def _check_filter(name: str, tensor: Tensor) -> None:
    expected = doubling_filter() / 4
    if tensor.shape != expected.shape or not torch.allclose(tensor.float(), expected, atol=1e-6):
        raise CheckpointError(f"{name} is not the filter [1, 3, 3, 1]: another architecture")
