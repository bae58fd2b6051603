"""The prior ``autoregressive_gaussian``: one way to move, give or take."""

from __future__ import annotations

import math

import torch
from styletalker.plugins.autoregressive_prior.base import AutoregressivePrior
from styletalker.plugins.autoregressive_prior.config import GaussianPriorConfig
from torch import Tensor, nn

__all__ = ["GaussianPrior", "normal_log_density"]

_MOST_LOG_STD = 5.0
"""Bound of |log std|: an outlier in a batch must not make it infinite, or zero."""
_START = 0.01
"""Scale of the last layer's weights: at first the motion is standard normal, its unit scale."""


class GaussianPrior(AutoregressivePrior):
    """A diagonal Gaussian per frame: what remains of StyleTalker's prior without its flow."""

    def __init__(
        self,
        config: GaussianPriorConfig,
        *,
        motion_dim: int,
        audio_dim: int,
        num_ws: int,
        w_dim: int,
    ) -> None:
        super().__init__(
            config, motion_dim=motion_dim, audio_dim=audio_dim, num_ws=num_ws, w_dim=w_dim
        )
        self.to_gaussian = nn.Linear(config.channels, 2 * motion_dim)
        nn.init.normal_(self.to_gaussian.weight, std=_START)
        nn.init.zeros_(self.to_gaussian.bias)

    def gaussian(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log std [..., Z] given states [..., channels]; full precision in autocast."""
        raw: Tensor = self.to_gaussian(hidden).to(self.to_gaussian.weight.dtype)
        mean, log_std = raw.chunk(2, -1)
        return mean, _MOST_LOG_STD * torch.tanh(log_std / _MOST_LOG_STD)

    def density(self, motion: Tensor, hidden: Tensor, past: Tensor) -> Tensor:  # noqa: ARG002
        """Log N(z_t; mean, std), summed over Z."""
        return normal_log_density(motion, *self.gaussian(hidden))

    def draw(self, noise: Tensor, hidden: Tensor, past: Tensor) -> Tensor:  # noqa: ARG002
        """Mean + noise * std; without noise the mean, which is the most likely motion."""
        mean, log_std = self.gaussian(hidden)
        return mean + noise * log_std.exp()


def normal_log_density(value: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log of a diagonal Gaussian [...], in nats, summed over the last axis."""
    standard = (value - mean) * (-log_std).exp()
    return -(0.5 * standard.square() + log_std + 0.5 * math.log(2 * math.pi)).sum(-1)
