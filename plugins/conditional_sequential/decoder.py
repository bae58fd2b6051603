"""The decoder: from motion and audio to a residual on the portrait's style code."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ResidualDecoder"]

_START = 0.01
"""Scale of the residual of an untrained decoder; codes are of unit scale. Small enough that the
first images are the portrait, and not zero, so that every parameter has a gradient at once."""

_DIRECT_START = 0.05
"""Deviation of the weights from motion to codes."""


class ResidualDecoder(nn.Module):
    """A causal recurrent network over [motion, audio, portrait]; what comes out is added to w_ref.

    Motion may also act by a linear layer of its own (*direct*). The last layer may have a
    bottleneck (*rank*): the codes then move in that many directions.
    """

    def __init__(
        self,
        *,
        motion_dim: int,
        audio_dim: int,
        codes: int,
        channels: int,
        layers: int,
        rank: int,
        direct: bool = False,
    ) -> None:
        super().__init__()
        self.see_portrait = nn.Sequential(nn.Linear(codes, channels), nn.LayerNorm(channels))
        inputs = motion_dim + audio_dim + channels
        self.recurrence = nn.GRU(inputs, channels, layers, batch_first=True)
        self.shortcut = nn.Linear(inputs, channels)  # motion acts at once, not only through gates
        self.norm = nn.LayerNorm(channels)
        self.squeeze = nn.Linear(channels, rank) if rank else nn.Identity()
        self.to_codes = nn.Linear(rank or channels, codes)
        nn.init.normal_(self.to_codes.weight, std=_START * self.to_codes.in_features**-0.5)
        nn.init.zeros_(self.to_codes.bias)
        self.direct = nn.Linear(motion_dim, codes, bias=False) if direct else None
        if self.direct is not None:
            nn.init.normal_(self.direct.weight, std=_DIRECT_START)

    def forward(
        self, motion: Tensor, audio: Tensor, portrait: Tensor, state: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The residual [B, T, L * D] and the next state.

        Args:
            motion: [B, T, Z].
            audio: [B, T, A].
            portrait: the flat code of the portrait [B, L * D].
            state: the recurrent state [layers, B, channels], or None.
        """
        seen = self.see_portrait(portrait)[:, None].expand(-1, motion.shape[1], -1)
        inputs = torch.cat([motion, audio, seen], -1)
        hidden, state = self.recurrence(inputs, state)
        mixed = self.norm(hidden + self.shortcut(inputs))
        residual: Tensor = self.to_codes(self.squeeze(mixed))
        if self.direct is not None:
            residual = residual + self.direct(motion)
        return residual, state
