"""The motion VAE ``conditional_sequential``."""

from __future__ import annotations

from typing import Any

from styletalker.core.checks import check_shape
from styletalker.core.errors import ConfigError, compose
from styletalker.core.interfaces.motion_vae import DecodedMotion, MotionPosterior, MotionVAE
from styletalker.plugins.conditional_sequential.config import ConditionalSequentialConfig
from styletalker.plugins.conditional_sequential.decoder import ResidualDecoder
from styletalker.plugins.conditional_sequential.posterior import CodesPosterior, FramesPosterior
from torch import Tensor

__all__ = ["ConditionalSequentialVAE"]


class ConditionalSequentialVAE(MotionVAE):
    """A posterior over motion that does not see the mouth, and a causal residual decoder.

    The codes of a learned generator are *not* looked at by the encoder, although the role offers
    them: a code tells the lips as well as the pixels do, and no part of it can be hidden. Where
    codes are animation parameters, whose lips can be hidden, ``sees: codes`` looks at them alone.
    """

    config: ConditionalSequentialConfig

    def __init__(
        self,
        config: ConditionalSequentialConfig,
        *,
        audio_dim: int,
        resolution: int,
        num_ws: int,
        w_dim: int,
    ) -> None:
        super().__init__(
            config, audio_dim=audio_dim, resolution=resolution, num_ws=num_ws, w_dim=w_dim
        )
        wrong = [one for one in config.hidden_channels if not 0 <= one < num_ws * w_dim]
        if wrong:
            expected = f"0 to {num_ws * w_dim - 1}"
            raise ConfigError(compose("hidden_channels", expected=expected, given=wrong[0]))
        self.posterior: CodesPosterior | FramesPosterior
        if config.sees == "codes":
            self.posterior = CodesPosterior(config, codes=num_ws * w_dim)
        else:
            self.posterior = FramesPosterior(config)
        self.decoder = ResidualDecoder(
            motion_dim=config.motion_dim,
            audio_dim=audio_dim,
            codes=num_ws * w_dim,
            channels=config.channels,
            layers=config.layers,
            rank=config.rank,
            direct=config.direct,
        )

    @property
    def motion_dim(self) -> int:
        """Motion latents Z per frame."""
        return self.config.motion_dim

    @property
    def sees_frames(self) -> bool:
        """Whether the encoder looks at frames, not at codes."""
        return self.config.sees == "frames"

    def encode(self, frames: Tensor, ws: Tensor) -> MotionPosterior:
        """The posterior of frames [B, T, 3, H, W] or of their codes [B, T, L, D]; see the options.

        What is not looked at is only checked.
        """
        sizes = check_shape("frames", frames, "B T 3 H W", H=self.resolution, W=self.resolution)
        check_shape("ws", ws, "B T L D", B=sizes["B"], T=sizes["T"], L=self.num_ws, D=self.w_dim)
        seen = ws if self.config.sees == "codes" else frames
        posterior: MotionPosterior = self.posterior(seen)
        return posterior

    def decode(
        self, motion: Tensor, audio: Tensor, ws_ref: Tensor, state: Any = None
    ) -> DecodedMotion:
        """Style codes [B, T, L, D] of the next frames; the state is that of the recurrence."""
        sizes = check_shape("motion", motion, "B T Z", Z=self.motion_dim)
        check_shape("audio", audio, "B T A", B=sizes["B"], T=sizes["T"], A=self.audio_dim)
        check_shape("ws_ref", ws_ref, "B L D", B=sizes["B"], L=self.num_ws, D=self.w_dim)
        if state is not None:  # [layers, B, channels]: the clips must be those of the last call
            check_shape("motion", motion, "B T Z", B=state.shape[1])
        if sizes["T"] == 0:  # a stream may have nothing to say yet
            return DecodedMotion(ws=ws_ref[:, None].expand(-1, 0, -1, -1), state=state)
        residual, state = self.decoder(motion, audio, ws_ref.flatten(1), state)
        residual = residual.reshape(sizes["B"], sizes["T"], self.num_ws, self.w_dim)
        return DecodedMotion(ws=ws_ref[:, None] + residual, state=state)
