"""The recurrent core of both priors: the past of motion and speech as one state per frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["Recurrence"]


class Recurrence(nn.Module):
    """A GRU over [motion of the frame before, audio of this frame, portrait].

    Where the motion is known (training), all frames are one call: the input of a frame is the
    given motion of the one before, so nothing has to wait. Sampling is one call per frame.
    """

    def __init__(
        self, *, motion_dim: int, audio_dim: int, codes: int, channels: int, layers: int
    ) -> None:
        super().__init__()
        self.portrait = nn.Sequential(nn.Linear(codes, channels), nn.LayerNorm(channels))
        self.gru = nn.GRU(motion_dim + audio_dim + channels, channels, layers, batch_first=True)

    def see(self, ws_ref: Tensor) -> Tensor:
        """What is known of the portrait [B, L, D]: [B, 1, channels], once per call."""
        seen: Tensor = self.portrait(ws_ref.flatten(1))
        return seen[:, None]

    def forward(
        self, before: Tensor, audio: Tensor, portrait: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The state of each frame [B, T, channels], and the recurrent state after the last.

        Args:
            before: motion of the frame before each frame, [B, T, Z].
            audio: [B, T, A].
            portrait: from :meth:`see`.
            state: recurrent state [layers, B, channels]; None starts a recording.
        """
        portrait = portrait.expand(-1, audio.shape[1], -1)
        hidden, state = self.gru(torch.cat([before, audio, portrait], -1), state)
        return hidden, state
