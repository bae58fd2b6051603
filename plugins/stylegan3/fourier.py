"""Fourier features: where the network's features start, instead of a learned constant.

StyleGAN3 (arXiv 2106.12423), section 3.2: waves of fixed random frequencies and phases, which the
code rotates and shifts; then one matrix mixes the channels.
"""

from __future__ import annotations

import math

import torch
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from styletalker.plugins.stylegan3.schedule import Band
from torch import Tensor, nn

__all__ = ["FourierInput"]


class FourierInput(nn.Module):
    """Waves on a grid larger than the image, for each code turned and moved."""

    transform: Tensor
    freqs: Tensor
    phases: Tensor

    def __init__(self, band: Band, *, w_dim: int) -> None:
        """Make waves of random frequencies within *band*."""
        super().__init__()
        self.band = band
        channels = band.channels
        self.weight = nn.Parameter(torch.randn(channels, channels))
        self.affine = EqualisedLinear(w_dim, 4)
        with torch.no_grad():  # no turn and no shift at first
            self.affine.weight.zero_()
            self.affine.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", _frequencies(channels) * band.cutoff)
        self.register_buffer("phases", torch.rand(channels) - 0.5)

    def forward(self, w: Tensor) -> Tensor:
        """Codes [B, D] -> features [B, C, size, size], channels last in memory."""
        with torch.autocast(w.device.type, enabled=False):
            matrix = _movement(self.affine(w.to(self.weight.dtype))) @ self.transform
            phases = self.phases + (self.freqs @ matrix[:, :2, 2:]).squeeze(2)  # [B, C]
            freqs = self.freqs @ matrix[:, :2, :2]  # [B, C, 2]
            waves = self._grid() @ freqs.transpose(1, 2)[:, None]  # [B, size, size, C]
            waves = torch.sin((waves + phases[:, None, None]) * (2 * math.pi))
            # What a turn or a scale has brought beyond the band fades out.
            half = self.band.rate / 2
            fade = 1 - (freqs.norm(dim=2) - self.band.cutoff) / (half - self.band.cutoff)
            waves = waves * fade.clamp(0, 1)[:, None, None]
            features: Tensor = waves @ self.weight.T * len(self.weight) ** -0.5
        return features.permute(0, 3, 1, 2)

    def _grid(self) -> Tensor:
        """Places [size, size, 2] of the samples: x, y in image widths from the centre."""
        size = self.band.size
        steps = torch.arange(size, device=self.freqs.device, dtype=self.freqs.dtype)
        places = (steps + 0.5 - size / 2) / self.band.rate
        return torch.stack(torch.meshgrid(places, places, indexing="xy"), 2)


def _frequencies(channels: int) -> Tensor:
    """Random frequencies [C, 2], nearly uniform within the unit circle."""
    values = torch.randn(channels, 2)
    radii = values.square().sum(1, keepdim=True).sqrt()
    return values / (radii * radii.square().exp().pow(0.25))


def _movement(given: Tensor) -> Tensor:
    """Cosine, sine, right, down [B, 4] -> the inverse of that turn and shift [B, 3, 3]."""
    given = given / given[:, :2].norm(dim=1, keepdim=True)
    cosine, sine, right, down = given.unbind(1)
    zero, one = torch.zeros_like(cosine), torch.ones_like(cosine)
    last = [zero, zero, one]
    turn = torch.stack([cosine, -sine, zero, sine, cosine, zero, *last], 1).reshape(-1, 3, 3)
    shift = torch.stack([one, zero, -right, zero, one, -down, *last], 1).reshape(-1, 3, 3)
    return turn @ shift
