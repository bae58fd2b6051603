"""The encoder: what is seen of a video without its mouth, as a Gaussian per frame."""

from __future__ import annotations

import torch
from styletalker.core.interfaces.motion_vae import MotionPosterior
from styletalker.plugins.common.region import Region
from styletalker.plugins.common.residual import image_network
from styletalker.plugins.conditional_sequential.config import ConditionalSequentialConfig
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["CodesPosterior", "FramesPosterior", "without"]

_LEAST, _MOST = -5.0, 1.0
"""Bounds of log std. Below e^-5 the posterior is a point and its KL grows without use; above e it
would be wider than any prior of unit scale."""


class _Posterior(nn.Module):
    """A recurrent network in both directions of time over what is seen, and two heads."""

    def __init__(self, config: ConditionalSequentialConfig) -> None:
        super().__init__()
        half = -(-config.channels // 2)
        self.recurrence = nn.GRU(config.channels, half, batch_first=True, bidirectional=True)
        self.to_gaussian = nn.Linear(2 * half + config.channels, 2 * config.motion_dim)

    def gaussian(self, seen: Tensor) -> MotionPosterior:
        """The posterior of what is seen [B, T, channels]."""
        dtype = self.to_gaussian.weight.dtype
        around, _ = self.recurrence(seen)  # [B, T, channels]
        mean, raw = self.to_gaussian(torch.cat([around, seen], -1)).to(dtype).chunk(2, -1)
        middle, reach = (_MOST + _LEAST) / 2, (_MOST - _LEAST) / 2
        return MotionPosterior(mean=mean, log_std=middle + reach * torch.tanh(raw / reach))


class FramesPosterior(_Posterior):
    """Looks at frames whose mouth region is hidden: convolutions per frame."""

    def __init__(self, config: ConditionalSequentialConfig) -> None:
        super().__init__(config)
        self.hidden, self.size = config.hidden, config.size
        self.look = image_network(
            inputs=3,
            size=config.size,
            channels=config.image_channels,
            outputs=config.channels,
        )

    def forward(self, frames: Tensor) -> MotionPosterior:
        """The posterior of frames [B, T, 3, H, W]."""
        batch, length = frames.shape[:2]
        dtype = self.to_gaussian.weight.dtype
        images = without(self.hidden, frames.flatten(0, 1).float())
        images = functional.interpolate(
            images, (self.size, self.size), mode="bilinear", antialias=True
        )
        seen = self.look(images.to(dtype)).reshape(batch, length, -1)  # [B, T, channels]
        return self.gaussian(seen)


class CodesPosterior(_Posterior):
    """Looks at codes without the channels that tell the lips."""

    seen_channels: Tensor

    def __init__(self, config: ConditionalSequentialConfig, *, codes: int) -> None:
        super().__init__(config)
        seen = [i for i in range(codes) if i not in config.hidden_channels]
        self.register_buffer("seen_channels", torch.tensor(seen), persistent=False)
        self.look = nn.Sequential(
            nn.Linear(len(seen), config.channels),
            nn.GELU(),
            nn.Linear(config.channels, config.channels),
        )

    def forward(self, ws: Tensor) -> MotionPosterior:
        """The posterior of codes [B, T, L, D]."""
        flat = ws.flatten(2).to(self.to_gaussian.weight.dtype)
        return self.gaussian(self.look(flat[..., self.seen_channels]))


def without(region: Region | None, images: Tensor) -> Tensor:
    """Images [..., H, W] with a region painted grey, before anything is resized or pooled."""
    if region is None:
        return images
    rows, columns = region.slices(*images.shape[-2:])
    painted = images.clone()
    painted[..., rows, columns] = 0.0
    return painted
