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
    """Linear layers with leaky ReLU, and a running mean of what comes out."""

    w_avg: Tensor

    def __init__(self, *, z_dim: int, w_dim: int, layers: int) -> None:
        super().__init__()
        self.layers = layers
        for i in range(layers):
            layer = EqualisedLinear(w_dim if i else z_dim, w_dim, rate=_RATE)
            self.add_module(f"fc{i}", layer)
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor) -> Tensor:
        """Random vectors [B, G] -> codes [B, D], one for all layers."""
        with torch.autocast(z.device.type, enabled=False):  # small, and everything depends on it
            w = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)  # on the sphere
            for i in range(self.layers):
                w = functional.leaky_relu(self.get_submodule(f"fc{i}")(w), 0.2) * math.sqrt(2)
        return w
