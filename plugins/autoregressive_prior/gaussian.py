"""The prior ``autoregressive_gaussian``: one way to move, give or take."""

from __future__ import annotations

import math

from styletalker.plugins.autoregressive_prior.base import AutoregressivePrior
from torch import Tensor

__all__ = ["GaussianPrior", "normal_log_density"]


class GaussianPrior(AutoregressivePrior):
    """A diagonal Gaussian per frame: what remains of StyleTalker's prior without its flow."""

    def density(self, motion: Tensor, hidden: Tensor) -> Tensor:
        """Log N(z_t; mean, std), summed over Z."""
        return normal_log_density(motion, *self.gaussian(hidden))

    def draw(self, noise: Tensor, hidden: Tensor) -> Tensor:
        """Mean + noise * std; without noise the mean, which is the most likely motion."""
        mean, log_std = self.gaussian(hidden)
        return mean + noise * log_std.exp()


def normal_log_density(value: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Log of a diagonal Gaussian [...], in nats, summed over the last axis."""
    standard = (value - mean) * (-log_std).exp()
    return -(0.5 * standard.square() + log_std + 0.5 * math.log(2 * math.pi)).sum(-1)
