"""A generator of ripples: each style code is a set of plane waves."""

from __future__ import annotations

import math

import torch
from styletalker.core.checks import check_shape
from styletalker.core.interfaces.generator import Generator, NoiseMode
from torch import Tensor, nn

from styletalker_ripple.config import RippleConfig


class Ripple(Generator):
    """Adds up one wave per channel; the style code holds the amplitudes."""

    config: RippleConfig
    num_ws = 2  # layer 0 weighs the cosines, layer 1 the sines

    def __init__(self, config: RippleConfig) -> None:
        super().__init__(config)
        self.to_ws = nn.Linear(config.channels, self.num_ws * config.channels)
        self.frequencies = nn.Parameter(config.fineness * torch.randn(config.channels, 2))
        self.colours = nn.Parameter(torch.randn(self.num_ws, config.channels, 3))

    @property
    def resolution(self) -> int:
        return self.config.resolution

    @property
    def z_dim(self) -> int:
        return self.config.channels

    @property
    def w_dim(self) -> int:
        return self.config.channels

    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        check_shape("z", z, "B G", G=self.z_dim)
        ws: Tensor = self.to_ws(z).reshape(-1, self.num_ws, self.w_dim)  # [B, L, D]
        mean = self.mean_ws()
        return mean + truncation * (ws - mean)

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        check_shape("ws", ws, "B L D", L=self.num_ws, D=self.w_dim)
        axis = torch.linspace(-1, 1, self.resolution, device=ws.device)  # [W]
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        phase = torch.stack([x, y], -1) @ self.frequencies.T  # [H, W, D]
        waves = torch.stack([phase.cos(), phase.sin()])  # [L, H, W, D]
        image = torch.einsum("bld,lhwd,ldc->bchw", ws, waves, self.colours)
        return torch.tanh(image / math.sqrt(self.w_dim))

    def mean_ws(self) -> Tensor:
        return self.to_ws.bias.reshape(self.num_ws, self.w_dim)
