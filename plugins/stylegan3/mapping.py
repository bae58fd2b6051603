"""The mapping network, with class labels if there are any (arXiv 2106.12423, 3.2; 2006.06676)."""

from __future__ import annotations

import math

import torch
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["LabelMapping"]

_RATE = 0.01
"""Learning rate relative to the synthesis network."""


class LabelMapping(nn.Module):
    """Linear layers with leaky ReLU; an embedded label stands beside the random vector."""

    w_avg: Tensor

    def __init__(self, *, z_dim: int, w_dim: int, label_dim: int, layers: int) -> None:
        """Make one; without labels *label_dim* is 0."""
        super().__init__()
        self.layers, self.label_dim = layers, label_dim
        inputs = z_dim
        if label_dim:
            self.embed = EqualisedLinear(label_dim, w_dim)
            inputs += w_dim
        for i in range(layers):
            layer = EqualisedLinear(w_dim if i else inputs, w_dim, rate=_RATE)
            self.add_module(f"fc{i}", layer)
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Random vectors [B, G] and labels [B, label_dim] -> codes [B, D]."""
        with torch.autocast(z.device.type, enabled=False):
            w = _normal(z)
            if labels is not None:
                w = torch.cat([w, _normal(self.embed(labels.to(z)))], 1)
            for i in range(self.layers):
                w = functional.leaky_relu(self.get_submodule(f"fc{i}")(w), 0.2) * math.sqrt(2)
        return w


def _normal(values: Tensor) -> Tensor:
    """Vectors [B, N] of mean square 1."""
    return values * torch.rsqrt(values.square().mean(1, keepdim=True) + 1e-8)
