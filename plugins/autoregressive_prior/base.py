"""What both priors share: everything but the distribution of one frame."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import attrs
import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.prior import Prior, SampledMotion
from styletalker.plugins.autoregressive_prior.config import GaussianPriorConfig
from styletalker.plugins.autoregressive_prior.recurrence import Recurrence
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["AutoregressivePrior"]

_MOST_LOG_STD = 5.0
"""Bound of |log std|: an outlier in a batch must not make it infinite, or zero."""
_START = 0.01
"""Scale of the last layer's weights: at first the motion is standard normal, its unit scale."""


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """What a recording's next frame needs."""

    before: Tensor
    """Motion of the last frame [B, Z]."""
    hidden: Tensor
    """Recurrent state [layers, B, channels]."""


class AutoregressivePrior(Prior, abstract=True):
    """p(z_t | h_t), with h_t the state of a recurrent network over z_<t, a_<=t and the portrait.

    A subclass says what the distribution of one frame is, given its state: its density, and how
    noise becomes motion.
    """

    config: GaussianPriorConfig

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
        self.recurrence = self.build_recurrence(
            motion_dim=motion_dim,
            audio_dim=audio_dim,
            codes=num_ws * w_dim,
            channels=config.channels,
            layers=config.layers,
        )
        self.to_gaussian = nn.Linear(config.channels, 2 * motion_dim)
        nn.init.normal_(self.to_gaussian.weight, std=_START)
        nn.init.zeros_(self.to_gaussian.bias)

    def build_recurrence(self, **sizes: int) -> Recurrence:
        """The recurrent network of these sizes; a subclass may have one of its own."""
        return Recurrence(**sizes)

    @abstractmethod
    def density(self, motion: Tensor, hidden: Tensor) -> Tensor:
        """Log p [...] of motion [..., Z] given states [..., channels]."""

    @abstractmethod
    def draw(self, noise: Tensor, hidden: Tensor) -> Tensor:
        """Motion [..., Z] from standard normal (or scaled) noise, given states."""

    def gaussian(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log std [..., Z] given states [..., channels]; full precision in autocast."""
        raw: Tensor = self.to_gaussian(hidden).to(self.to_gaussian.weight.dtype)
        mean, log_std = raw.chunk(2, -1)
        return mean, _MOST_LOG_STD * torch.tanh(log_std / _MOST_LOG_STD)

    def log_prob(self, motion: Tensor, audio: Tensor, ws_ref: Tensor) -> Tensor:
        """Log p(z_t | z_<t, a_<=t, ws_ref) [B, T]; the recurrence is one call over time."""
        self._check("motion", motion, audio, ws_ref)
        before = functional.pad(motion, (0, 0, 1, -1))  # zeros, then all but the last frame
        hidden, _ = self.recurrence(before, audio, self.recurrence.see(ws_ref))
        return self.density(motion, hidden)

    def sample(
        self,
        audio: Tensor,
        ws_ref: Tensor,
        noise: Tensor,
        *,
        temperature: float = 1.0,
        state: Any = None,
    ) -> SampledMotion:
        """Motion [B, T, Z] of the next frames.

        Frame by frame, with the same operations on the same shapes however the recording is cut:
        on one device the bits do not depend on the pieces.
        """
        if not temperature >= 0:
            raise InputError(compose("temperature", expected="at least 0", given=temperature))
        self._check("noise", noise, audio, ws_ref)
        portrait = self.recurrence.see(ws_ref)
        before = noise.new_zeros(noise.shape[0], 1, self.motion_dim)
        hidden, drawn = None, [noise[:, :0]]
        if state is not None:
            before, hidden = state.before[:, None], state.hidden
            check_shape("noise", noise, "B T Z", B=len(before))
        for t in range(noise.shape[1]):
            now = slice(t, t + 1)
            states, hidden = self.recurrence(before, audio[:, now], portrait, hidden)
            before = self.draw(temperature * noise[:, now], states)  # [B, 1, Z]
            drawn.append(before)
        if hidden is None:  # nothing was asked for, and nothing was before
            return SampledMotion(motion=noise, state=None)
        after = _State(before=before[:, 0], hidden=hidden)
        return SampledMotion(motion=torch.cat(drawn, 1), state=after)

    def _check(self, name: str, value: Tensor, audio: Tensor, ws_ref: Tensor) -> None:
        sizes = check_shape(name, value, "B T Z", Z=self.motion_dim)
        check_shape("audio", audio, "B T A", B=sizes["B"], T=sizes["T"], A=self.audio_dim)
        check_shape("ws_ref", ws_ref, "B L D", B=sizes["B"], L=self.num_ws, D=self.w_dim)
