"""A convolution over time that sees a fixed number of frames ahead, whole or in pieces."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["LookAheadBlock"]

_PAST = 2
"""Frames of past per block: the recurrent layer above carries what is older."""


class LookAheadBlock(nn.Module):
    """A gated residual convolution over [t - 2, t + ahead] (GLU: Dauphin et al., 1612.08083).

    There is one way to run it: on the frames that were kept, followed by the new ones. What comes
    out is as many frames late as it looks ahead, so a stream and a whole recording cannot differ.
    """

    def __init__(self, channels: int, ahead: int) -> None:
        super().__init__()
        self.reach = _PAST + ahead
        self.norm = nn.LayerNorm(channels)
        self.conv = nn.Conv1d(channels, 2 * channels, self.reach + 1)

    def start(self, batch: int, like: Tensor) -> Tensor:
        """What is kept before the first frame: silence, [B, past, channels]."""
        return like.new_zeros(batch, _PAST, self.norm.normalized_shape[0])

    def forward(self, frames: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Args: frames [B, T, channels], kept [B, K, channels]; returns the same two kinds."""
        seen = torch.cat([kept, frames], 1)
        complete = seen.shape[1] - self.reach
        if complete <= 0:
            return seen[:, :0], seen
        mixed = self.conv(self.norm(seen).transpose(1, 2))  # [B, 2 * channels, complete]
        centre = seen[:, _PAST : _PAST + complete]
        rest = seen[:, complete:].clone()  # a view would keep the whole piece alive
        return centre + functional.glu(mixed, 1).transpose(1, 2), rest
