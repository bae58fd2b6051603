"""The encoder: what is seen of a video without its mouth, as a Gaussian per frame."""

from __future__ import annotations

import torch
from styletalker.core.interfaces.motion_vae import MotionPosterior
from styletalker.plugins.common.region import Region
from styletalker.plugins.common.residual import image_network
from styletalker.plugins.conditional_sequential.config import ConditionalSequentialConfig
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["PosteriorNetwork", "without"]

_LEAST, _MOST = -5.0, 1.0
"""Bounds of log std. Below e^-5 the posterior is a point and its KL grows without use; above e it
would be wider than any prior of unit scale."""


class PosteriorNetwork(nn.Module):
    """Convolutions per frame, a recurrent network in both directions of time, two heads."""

    def __init__(self, config: ConditionalSequentialConfig) -> None:
        super().__init__()
        self.hidden, self.size = config.hidden, config.size
        self.look = image_network(
            inputs=3,
            size=config.size,
            channels=config.image_channels,
            outputs=config.channels,
        )
        half = -(-config.channels // 2)
        self.recurrence = nn.GRU(config.channels, half, batch_first=True, bidirectional=True)
        self.to_gaussian = nn.Linear(2 * half + config.channels, 2 * config.motion_dim)

    def forward(self, frames: Tensor) -> MotionPosterior:
        """The posterior of frames [B, T, 3, H, W]."""
        batch, length = frames.shape[:2]
        dtype = self.to_gaussian.weight.dtype
        images = without(self.hidden, frames.flatten(0, 1).float())
        images = functional.interpolate(
            images, (self.size, self.size), mode="bilinear", antialias=True
        )
        seen = self.look(images.to(dtype)).reshape(batch, length, -1)  # [B, T, channels]
        around, _ = self.recurrence(seen)  # [B, T, channels]
        mean, raw = self.to_gaussian(torch.cat([around, seen], -1)).to(dtype).chunk(2, -1)
        middle, reach = (_MOST + _LEAST) / 2, (_MOST - _LEAST) / 2
        return MotionPosterior(mean=mean, log_std=middle + reach * torch.tanh(raw / reach))


def without(region: Region | None, images: Tensor) -> Tensor:
    """Images [..., H, W] with a region painted grey, before anything is resized or pooled."""
    if region is None:
        return images
    rows, columns = region.slices(*images.shape[-2:])
    painted = images.clone()
    painted[..., rows, columns] = 0.0
    return painted
