"""The mapping network: from a random vector to a style code (arXiv 1812.04948, section 2)."""

from __future__ import annotations

import math

import torch
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["MappingNetwork"]

_RATE = 0.01
"""Learning rate relative to the synthesis network, in all style-based generators: the depth of
this network makes it unstable otherwise."""


class MappingNetwork(nn.Module):
    """Linear layers with leaky ReLU, and a running mean of what comes out.

    With labels, the embedded label stands beside the random vector (ADA, arXiv 2006.06676); a
    discriminator's has labels alone, and follows no mean.
    """

    w_avg: Tensor

    def __init__(
        self, *, z_dim: int, w_dim: int, layers: int, classes: int = 0, follows_mean: bool = True
    ) -> None:
        super().__init__()
        self.layers, self.z_dim = layers, z_dim
        if classes:
            self.embed = EqualisedLinear(classes, w_dim)
        inputs = z_dim + (w_dim if classes else 0)
        for i in range(layers):
            layer = EqualisedLinear(w_dim if i else inputs, w_dim, rate=_RATE)
            self.add_module(f"fc{i}", layer)
        if follows_mean:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor | None, labels: Tensor | None = None) -> Tensor:
        """Random vectors [B, G] and labels [B, C] (one-hot) -> codes [B, D], one for all layers."""
        given = [] if z is None else [z]
        device = given[0].device if given else self.get_parameter("fc0.bias").device
        with torch.autocast(device.type, enabled=False):  # small, and everything depends on it
            if labels is not None:
                given.append(self.embed(labels.to(self.embed.weight.dtype)))
            w = torch.cat([_on_sphere(part) for part in given], 1)
            for i in range(self.layers):
                w = functional.leaky_relu(self.get_submodule(f"fc{i}")(w), 0.2) * math.sqrt(2)
        return w


def _on_sphere(values: Tensor) -> Tensor:
    """Vectors [B, G] of mean square 1."""
    return values * torch.rsqrt(values.square().mean(1, keepdim=True) + 1e-8)
