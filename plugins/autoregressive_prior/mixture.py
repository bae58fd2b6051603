"""The prior ``autoregressive_mixture``: most frames go on as before, some begin something."""

from __future__ import annotations

import torch
from styletalker.plugins.autoregressive_prior.base import AutoregressivePrior
from styletalker.plugins.autoregressive_prior.config import MixturePriorConfig
from styletalker.plugins.autoregressive_prior.gaussian import normal_log_density
from styletalker.plugins.autoregressive_prior.recurrence import Recurrence
from torch import Tensor, nn

__all__ = ["MixturePrior"]

_EDGE = 1e-6
"""Least distance of a uniform number from 0 and 1, so that its normal quantile is finite."""
_START = 0.01
"""Scale of the last layer's weights."""
_APART = 0.1
"""Deviation of the components' first offsets: equal components would stay equal."""


class MixturePrior(AutoregressivePrior):
    """log p(z_t) = log sum_k w_k N(z_t; z_(t-1) + change_k, std_k), given the state of frame t.

    A mixture density network (Bishop 1994; over time: Graves, arXiv 1308.0850). Blinks, glances and
    nods begin within a frame, now and then: components of their own with small weights say so,
    where a single Gaussian must be wide in every frame, and a flow of couplings takes long to learn
    the same. Means are changes of the last motion: what goes on smoothly has a narrow component.

    A frame's noise [Z] decides all: the normal quantile of its first number chooses the component,
    and what is left of that number within the component's share is noise again. At temperature 0
    the component in the middle of the cumulated weights is taken, without noise.
    """

    config: MixturePriorConfig

    def __init__(
        self,
        config: MixturePriorConfig,
        *,
        motion_dim: int,
        audio_dim: int,
        num_ws: int,
        w_dim: int,
    ) -> None:
        super().__init__(
            config, motion_dim=motion_dim, audio_dim=audio_dim, num_ws=num_ws, w_dim=w_dim
        )
        self.to_components = nn.Linear(config.channels, config.components * (2 * motion_dim + 1))
        nn.init.normal_(self.to_components.weight, std=_START)
        nn.init.normal_(self.to_components.bias, std=_APART)

    def build_recurrence(self, **sizes: int) -> Recurrence:
        """One that keeps the last motion beside its state."""
        return _Remembering(disturbance=self.config.disturbance, **sizes)

    def density(self, motion: Tensor, hidden: Tensor) -> Tensor:
        """The density of the mixture."""
        log_weight, mean, log_std = self._components(hidden)
        each = normal_log_density(motion[..., None, :], mean, log_std)
        return torch.logsumexp(log_weight + each, -1)

    def draw(self, noise: Tensor, hidden: Tensor) -> Tensor:
        """The component that the first number chooses, and noise within it."""
        log_weight, mean, log_std = self._components(hidden)
        noise = self.config.spread * noise
        ends = log_weight.exp().cumsum(-1)  # [..., K]
        place = torch.special.ndtr(noise[..., :1]).clamp(_EDGE, 1 - _EDGE)
        chosen = (place > ends[..., :-1]).sum(-1, keepdim=True)  # [..., 1]
        starts = torch.cat([torch.zeros_like(ends[..., :1]), ends[..., :-1]], -1)
        within = (place - starts.gather(-1, chosen)) / log_weight.exp().gather(-1, chosen)
        first = torch.special.ndtri(within.clamp(_EDGE, 1 - _EDGE))
        still = (noise == 0).all(-1, keepdim=True)  # temperature 0
        inside = torch.cat([torch.where(still, noise[..., :1], first), noise[..., 1:]], -1)
        index = chosen[..., None].expand(*chosen.shape, mean.shape[-1])
        return mean.gather(-2, index)[..., 0, :] + inside * (
            log_std.gather(-2, index)[..., 0, :].exp()
        )

    def _components(self, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights [..., K], means and log stds [..., K, Z]."""
        hidden, before = torch.split(state, [self.config.channels, self.motion_dim], -1)
        mean, log_std = self.gaussian(hidden)
        raw = self.to_components(hidden).to(mean.dtype)
        count, size = self.config.components, self.motion_dim
        log_weight = torch.log_softmax(raw[..., :count], -1)
        parts = torch.unflatten(raw[..., count:], -1, (count, 2, size))
        means = (before.to(mean.dtype) + mean)[..., None, :] + parts[..., 0, :]
        return log_weight, means, log_std[..., None, :] + parts[..., 1, :]


class _Remembering(Recurrence):
    """The states, with the motion of the frame before beside them.

    In training the past is disturbed by noise, to which nothing in the density answers: the model
    must find out from all of the past where the head is, and comes back when it has drifted. One
    that trusts every digit of the last frame wanders off when it goes on from its own.
    """

    def __init__(self, *, disturbance: float, **sizes: int) -> None:
        super().__init__(**sizes)
        self.disturbance = disturbance

    def forward(
        self, before: Tensor, audio: Tensor, portrait: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """States [B, T, channels + Z]."""
        if self.training and self.disturbance:
            before = before + self.disturbance * torch.randn_like(before)
        hidden, state = super().forward(before, audio, portrait, state)
        return torch.cat([hidden, before.to(hidden.dtype)], -1), state
