"""The prior ``autoregressive_flow``: several ways to move, from one sentence."""

from __future__ import annotations

from styletalker.core.errors import InputError, compose
from styletalker.plugins.autoregressive_prior.config import FlowPriorConfig
from styletalker.plugins.autoregressive_prior.coupling import Flow
from styletalker.plugins.autoregressive_prior.gaussian import GaussianPrior, normal_log_density
from torch import Tensor

__all__ = ["FlowPrior"]


class FlowPrior(GaussianPrior):
    """log p(z_t) = log N(f(z_t); mean, std) + log |det df/dz_t|, all given the state of frame t.

    At temperature 0 the motion is f^-1(mean): the most likely *base* value, carried over. The
    mode of z itself has no closed form under a flow.
    """

    config: FlowPriorConfig

    def __init__(
        self,
        config: FlowPriorConfig,
        *,
        motion_dim: int,
        audio_dim: int,
        num_ws: int,
        w_dim: int,
    ) -> None:
        if motion_dim < 2:
            raise InputError(
                compose(
                    "a coupling keeps some latents and changes others: one is too few",
                    expected="a motion VAE with a motion_dim of at least 2",
                    given=motion_dim,
                    fix="Or choose the prior autoregressive_gaussian.",
                )
            )
        super().__init__(
            config, motion_dim=motion_dim, audio_dim=audio_dim, num_ws=num_ws, w_dim=w_dim
        )
        self.flow = Flow(
            motion_dim=motion_dim,
            context=config.channels,
            couplings=config.couplings,
            channels=config.coupling_channels,
        )

    def density(self, motion: Tensor, hidden: Tensor, past: Tensor) -> Tensor:  # noqa: ARG002
        """The density of the base value, and the change of volume."""
        values, log_det = self.flow(motion, hidden)
        density: Tensor = normal_log_density(values, *self.gaussian(hidden)) + log_det
        return density

    def draw(self, noise: Tensor, hidden: Tensor, past: Tensor) -> Tensor:  # noqa: ARG002
        """f^-1(mean + noise * std)."""
        mean, log_std = self.gaussian(hidden)
        motion: Tensor = self.flow.inverse(mean + noise * log_std.exp(), hidden)
        return motion
