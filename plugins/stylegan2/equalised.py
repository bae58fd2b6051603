"""A linear layer with an equalised learning rate (Progressive GAN, arXiv 1710.10196, 4.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["EqualisedLinear"]


class EqualisedLinear(nn.Module):
    """Weights are stored at unit scale and scaled when used: every layer learns equally fast."""

    def __init__(self, inputs: int, outputs: int, *, rate: float = 1.0, bias: float = 0.0) -> None:
        """Make one.

        Args:
            inputs: channels that come in.
            outputs: channels that come out.
            rate: learning rate of this layer, relative to the others.
            bias: where every bias starts.
        """
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.weight_gain, self.bias_gain = rate * inputs**-0.5, rate

    def forward(self, values: Tensor) -> Tensor:
        """Values [..., inputs] -> [..., outputs]."""
        bias = self.bias if self.bias_gain == 1 else self.bias * self.bias_gain
        return functional.linear(values, self.weight * self.weight_gain, bias)
