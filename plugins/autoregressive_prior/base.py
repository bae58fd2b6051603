"""What the priors share: everything but the distribution of one frame."""

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
from torch import Tensor
from torch.nn import functional

__all__ = ["AutoregressivePrior"]


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """What a recording's next frame needs."""

    past: Tensor
    """Motion of the last frames, the last one first [B, remembers * Z]."""
    hidden: Tensor | None
    """Recurrent state [layers, B, channels]; None before the first frame."""
    young: Tensor | None
    """One that began later, and takes its place; None before the first frame, or for good."""
    age: int
    """Frames since the younger one began."""


class AutoregressivePrior(Prior, abstract=True):
    """p(z_t | h_t), with h_t the state of a recurrent network over z_<t, a_<=t and the portrait.

    A subclass says what the distribution of one frame is, given its state: its density, and how
    noise becomes motion.
    """

    config: GaussianPriorConfig
    memory: int | None = None
    """Frames after which the recurrent state is replaced by a younger one; None for never."""
    remembers = 1
    """Frames of motion that the recurrence sees again beside its state. Before there are so many,
    the first one stands for them: at first nothing moves."""

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
        self.recurrence = Recurrence(
            motion_dim=self.remembers * motion_dim,
            audio_dim=audio_dim,
            codes=num_ws * w_dim,
            channels=config.channels,
            layers=config.layers,
        )

    @abstractmethod
    def density(self, motion: Tensor, hidden: Tensor, past: Tensor) -> Tensor:
        """Log p [...] of motion [..., Z] given states [..., channels] and the last motion."""

    @abstractmethod
    def draw(self, noise: Tensor, hidden: Tensor, past: Tensor) -> Tensor:
        """Motion [..., Z] from standard normal (or scaled) noise, given the same."""

    def seen(self, past: Tensor) -> Tensor:
        """What the recurrence sees of the past [..., remembers * Z], in as many channels."""
        return past

    def log_prob(self, motion: Tensor, audio: Tensor, ws_ref: Tensor) -> Tensor:
        """Log p(z_t | z_<t, a_<=t, ws_ref) [B, T]; the recurrence is one call over time."""
        self._check("motion", motion, audio, ws_ref)
        past = self._past(motion)
        hidden, _ = self.recurrence(self.seen(past), audio, self.recurrence.see(ws_ref))
        return self.density(motion, hidden, past)

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

        With a :attr:`memory`, a second recurrent state begins every half of it and takes the first
        one's place half a memory later: what decides about a frame is always between half a memory
        and a whole one old (but at the start), as in training, after hours as after seconds.
        """
        if not temperature >= 0:
            raise InputError(compose("temperature", expected="at least 0", given=temperature))
        self._check("noise", noise, audio, ws_ref)
        portrait = self.recurrence.see(ws_ref)
        now = state or self._begin(noise)
        check_shape("noise", noise, "B T Z", B=len(now.past))
        drawn = [noise[:, :0]]
        for t in range(noise.shape[1]):
            frame = slice(t, t + 1)
            first, past = now.hidden is None, now.past[:, None]
            hidden, now = self._listen(now, audio[:, frame], portrait)
            motion = self.draw(temperature * noise[:, frame], hidden, past)
            older = [motion] * (self.remembers - 1) if first else [past[..., : -self.motion_dim]]
            now = attrs.evolve(now, past=torch.cat([motion, *older], -1)[:, 0])
            drawn.append(motion)
        return SampledMotion(motion=torch.cat(drawn, 1), state=now)

    def _begin(self, noise: Tensor) -> _State:
        """The state before the first frame."""
        past = noise.new_zeros(noise.shape[0], self.remembers * self.motion_dim)
        return _State(past=past, hidden=None, young=None, age=0)

    def _listen(self, now: _State, audio: Tensor, portrait: Tensor) -> tuple[Tensor, _State]:
        """What the recurrence makes of one frame's sound [B, 1, A], and the state after it."""
        seen = self.seen(now.past[:, None])
        old, young, age = now.hidden, now.young, now.age
        if self.memory is not None:
            if age == self.memory // 2:
                old, young, age = young, None, 0
            _, young = self.recurrence(seen, audio, portrait, young)
        found, old = self.recurrence(seen, audio, portrait, old)
        return found, attrs.evolve(now, hidden=old, young=young, age=age + 1)

    def _past(self, motion: Tensor) -> Tensor:
        """The last frames before each frame of motion [B, T, Z]: [B, T, remembers * Z]."""
        frames = [functional.pad(motion, (0, 0, 1, -1))]  # zeros, then all but the last frame
        for _ in range(self.remembers - 1):
            older = functional.pad(frames[-1], (0, 0, 1, -1))
            older[:, 1:2] = frames[-1][:, 1:2]
            frames.append(older)
        return torch.cat(frames, -1)

    def _check(self, name: str, value: Tensor, audio: Tensor, ws_ref: Tensor) -> None:
        sizes = check_shape(name, value, "B T Z", Z=self.motion_dim)
        check_shape("audio", audio, "B T A", B=sizes["B"], T=sizes["T"], A=self.audio_dim)
        check_shape("ws_ref", ws_ref, "B L D", B=sizes["B"], L=self.num_ws, D=self.w_dim)
