"""A toy generator: the smallest that keeps the contract, for components that need one."""

from __future__ import annotations

import torch
from styletalker.core.checks import check_shape
from styletalker.core.contract.sizes import NUM_WS, RESOLUTION, W_DIM, ToyConfig
from styletalker.core.interfaces.generator import Generator, NoiseMode
from torch import Tensor, nn

__all__ = ["ToyGenerator"]


class ToyGenerator(Generator):
    """One linear layer each way."""

    resolution = RESOLUTION
    z_dim = W_DIM
    num_ws = NUM_WS
    w_dim = W_DIM

    def __init__(self, config: ToyConfig | None = None) -> None:
        """Build it at the kit's sizes."""
        super().__init__(config)
        self.to_w = nn.Linear(W_DIM, NUM_WS * W_DIM)
        self.to_rgb = nn.Linear(NUM_WS * W_DIM, 3 * RESOLUTION**2)

    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        """A linear map; the bias is the mean code."""
        check_shape("z", z, "B G", G=W_DIM)
        code: Tensor = self.to_w(z).reshape(-1, NUM_WS, W_DIM)
        return self.mean_ws() + truncation * (code - self.mean_ws())

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:  # noqa: ARG002
        """A linear map through tanh; there is no noise."""
        check_shape("ws", ws, "B L D", L=NUM_WS, D=W_DIM)
        image: Tensor = self.to_rgb(ws.flatten(1)).reshape(-1, 3, RESOLUTION, RESOLUTION)
        return torch.tanh(image)

    def mean_ws(self) -> Tensor:
        """The bias of the mapping."""
        return self.to_w.bias.reshape(NUM_WS, W_DIM)
