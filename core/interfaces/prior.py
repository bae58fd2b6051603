"""Prior: which motion goes with this speech."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import attrs
from styletalker.core.interfaces.contract import Contract
from torch import Tensor, nn

__all__ = ["Alignable", "Prior", "SampledMotion"]


@attrs.frozen(kw_only=True, eq=False)
class SampledMotion:
    """Motion of a piece of video, and what the next piece needs."""

    motion: Tensor
    """[B, T, Z]."""
    state: Any
    """Opaque; give it to the next call. Never modified in place."""


class Prior(nn.Module, Contract, interface=True):
    """An auto-regressive distribution over motion, given audio and portrait.

    **Is** p(z_t | z_<t, a_<=t, ws_ref) for every frame t (StyleTalker, 2208.10922).

    **Sampling is a function of noise.** ``sample`` takes the standard normal noise [B, T, Z] it
    turns into motion, instead of drawing it: the same noise gives the same motion on every
    device and for every way of cutting a recording into pieces. Temperature scales the noise:
    at 0 the motion is the most likely one, frame by frame.

    **Streaming.** ``sample`` takes a state and returns the next: pieces of any size give the same
    motion as the whole (T >= 1 each). A state's size does not depend on what was before.

    **Ranges and types.** Motion is unbounded and of unit scale. Log-densities are natural, in
    nats, summed over Z. Output has the dtype and device of the parameters, also under autocast: a
    density in half precision would be noise.

    **Gradients** flow from ``log_prob`` to every parameter, and to motion and audio.

    **Raises** InputError for a wrong shape or a negative temperature.
    """

    def __init__(
        self, config: Any, *, motion_dim: int, audio_dim: int, num_ws: int, w_dim: int
    ) -> None:
        """Build it for these sizes: Z, A, L and D."""
        super().__init__()
        self.config = config
        self.motion_dim, self.audio_dim = motion_dim, audio_dim
        self.num_ws, self.w_dim = num_ws, w_dim

    @abstractmethod
    def log_prob(self, motion: Tensor, audio: Tensor, ws_ref: Tensor) -> Tensor:
        """Log p(z_t | z_<t, a_<=t, ws_ref) of each frame.

        Args:
            motion: [B, T, Z].
            audio: [B, T, A].
            ws_ref: the portrait's code [B, L, D].

        Returns:
            [B, T], in nats.
        """

    @abstractmethod
    def sample(
        self,
        audio: Tensor,
        ws_ref: Tensor,
        noise: Tensor,
        *,
        temperature: float = 1.0,
        state: Any = None,
    ) -> SampledMotion:
        """Motion of the next frames.

        Args:
            audio: [B, T, A].
            ws_ref: the portrait's code [B, L, D].
            noise: standard normal, [B, T, Z].
            temperature: scale of the noise, >= 0.
            state: what the last call returned; None starts a recording.
        """


@runtime_checkable
class Alignable(Protocol):
    """What a prior offers besides if it looks at motion in coordinates of its own."""

    @property
    def aligned(self) -> bool:
        """Whether :meth:`align` was called, or weights were loaded with which it had been."""
        ...

    def align(self, basis: Tensor, reach: Tensor) -> None:
        """Set the coordinates: y = basis z, with an invertible basis [Z, Z].

        Args:
            basis: [Z, Z]; coordinates have unit deviation.
            reach: [2, Z], least and greatest value that motion normally has.
        """
        ...

    def disturb(self, deviation: float, normal: Callable[..., Tensor]) -> None:
        """Let the next ``log_prob`` see the past of each coordinate with an offset.

        A prior that is trained so does not rely on exact places, which are its own drawn ones
        later.

        Args:
            deviation: of the offset of a recording's coordinate.
            normal: gives standard normal numbers of a shape, whose first axis counts recordings.
        """
        ...
