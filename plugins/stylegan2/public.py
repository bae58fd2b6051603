"""Public weights: the names NVIDIA's StyleGAN2-ADA and StyleGAN3 repositories give to tensors.

This file knows names and shapes only. How such a pickle is read safely is another matter; a
plain pickle carries source text that the usual loader executes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import torch
from styletalker.core.errors import CheckpointError
from styletalker.plugins.stylegan2.filters import doubling_filter
from torch import Tensor

__all__ = ["from_public", "options_of"]

_PARTS = {"mapping": "mapping_network", "synthesis": "synthesis_network"}
"""Their names, and ours: ``mapping`` and ``synthesis`` are methods of the role here."""
_FILTER = "resample_filter"
"""A constant they store in every layer, of sum 1."""


def from_public(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of :class:`~styletalker.plugins.stylegan2.generator.StyleGAN2`.

    Raises:
        CheckpointError: the weights are of another kind (with class labels, another filter).
    """
    state: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if part not in _PARTS:
            raise CheckpointError(f"no tensor of a StyleGAN2 generator is called {name!r}")
        if rest.startswith("embed."):
            raise CheckpointError("the weights are of a generator with class labels")
        if rest.endswith(_FILTER):
            _check_filter(name, tensor)
            continue
        state[f"{_PARTS[part]}.{rest}"] = tensor
    return state


def options_of(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Options of the configuration under which public weights fit; all but ``conv_clamp``.

    Raises:
        CheckpointError: a tensor without which this cannot be said is missing.
    """
    sizes = [int(n) for n in re.findall(r"synthesis\.b(\d+)\.torgb\.bias", "\n".join(tensors))]
    layers = re.findall(r"mapping\.fc(\d+)\.bias", "\n".join(tensors))
    if not sizes or not layers:
        raise CheckpointError("these are not the weights of a StyleGAN2 generator")
    first, last = (tensors[f"synthesis.b{n}.conv1.weight"] for n in (min(sizes), max(sizes)))
    w_dim, z_dim = tensors["mapping.fc0.weight"].shape
    return {
        "resolution": max(sizes),
        "z_dim": z_dim,
        "w_dim": w_dim,
        "mapping_layers": len(layers),
        "channel_base": last.shape[0] * max(sizes),
        "channel_max": first.shape[0],
    }


def _check_filter(name: str, tensor: Tensor) -> None:
    expected = doubling_filter() / 4
    if tensor.shape != expected.shape or not torch.allclose(tensor.float(), expected, atol=1e-6):
        raise CheckpointError(f"{name} is not the filter [1, 3, 3, 1]: another architecture")
