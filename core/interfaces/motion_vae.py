"""MotionVAE: from video to motion without lips, and from motion and audio to style codes."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import attrs
from styletalker.core.interfaces.contract import Contract
from torch import Tensor, nn

__all__ = ["DecodedMotion", "MotionPosterior", "MotionVAE"]


@attrs.frozen(kw_only=True, eq=False)
class MotionPosterior:
    """q(z | frames): a diagonal Gaussian per frame."""

    mean: Tensor
    """[B, T, Z]."""
    log_std: Tensor
    """Natural logarithm of the standard deviation, [B, T, Z]."""

    def sample(self, noise: Tensor) -> Tensor:
        """Motion [B, T, Z] at standard normal *noise* [B, T, Z]; differentiable."""
        return self.mean + noise * self.log_std.exp()

    def log_prob(self, motion: Tensor) -> Tensor:
        """Log q(motion) [B, T] in nats, summed over Z."""
        scaled = (motion - self.mean) / self.log_std.exp()
        density = -0.5 * (scaled.square() + math.log(2 * math.pi)) - self.log_std
        return density.sum(-1)


@attrs.frozen(kw_only=True, eq=False)
class DecodedMotion:
    """Style codes of a piece of video, and what the next piece needs."""

    ws: Tensor
    """Style codes [B, T, L, D]."""
    state: Any
    """Opaque; give it to the next call. Never modified in place."""


class MotionVAE(nn.Module, Contract, interface=True):
    """A conditional sequential variational auto-encoder over motion (StyleTalker, 2208.10922).

    **Encodes** ``frames [B, T, 3, H, W], ws [B, T, L, D] -> q(z | frames)``, z = ``motion
    [B, T, Z]``: head pose, blinks, gaze, expression. What the lips say must *not* get into z,
    because it comes from the audio: hide the mouth from the encoder, and keep z small.

    **Decodes** ``motion [B, T, Z], audio [B, T, A], ws_ref [B, L, D] -> ws [B, T, L, D]``,
    causally: frame t depends on frames up to t only. Decoding is a residual on ``ws_ref``.

    **Streaming.** ``decode`` takes a state and returns the next: pieces of any size give the
    same codes as the whole (T >= 1 each). A state's size does not depend on what was before.

    **Ranges and types.** Motion is unbounded, of unit scale under the prior. Output has the
    dtype and device of the parameters.

    **Gradients** flow from the codes to every parameter and to motion, audio and ``ws_ref``.

    **Raises** InputError for a wrong shape.
    """

    def __init__(
        self, config: Any, *, audio_dim: int, resolution: int, num_ws: int, w_dim: int
    ) -> None:
        """Build it for these sizes: A, H = W, L and D."""
        super().__init__()
        self.config = config
        self.audio_dim, self.resolution = audio_dim, resolution
        self.num_ws, self.w_dim = num_ws, w_dim

    @property
    @abstractmethod
    def motion_dim(self) -> int:
        """Motion latents Z per frame."""

    @property
    def sees_frames(self) -> bool:
        """Whether ``encode`` looks at frames; if not, any of the right shape will do."""
        return True

    @abstractmethod
    def encode(self, frames: Tensor, ws: Tensor) -> MotionPosterior:
        """The posterior over motion.

        Args:
            frames: [B, T, 3, H, W] in [-1, 1].
            ws: their style codes [B, T, L, D].
        """

    @abstractmethod
    def decode(
        self, motion: Tensor, audio: Tensor, ws_ref: Tensor, state: Any = None
    ) -> DecodedMotion:
        """Style codes of the next frames.

        Args:
            motion: [B, T, Z].
            audio: [B, T, A].
            ws_ref: the portrait's code [B, L, D].
            state: what the last call returned; None starts a clip.
        """
