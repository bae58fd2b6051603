"""Up, activate, down as it is defined: zeros in between, whole filters, samples thrown away."""

from __future__ import annotations

import torch
from styletalker.plugins.stylegan3.resample import Activation
from torch import Tensor
from torch.nn import functional


def plain_filtered(
    features: Tensor,
    upper: Tensor | None,
    lower: Tensor | None,
    activation: Activation,
    *,
    up: int,
    down: int,
    padding: tuple[int, int],
) -> Tensor:
    """What ``filtered`` gives, by the definition (arXiv 2106.12423, section 3.1)."""
    batch, channels, height, width = features.shape
    spread = features.new_zeros(batch, channels, height * up, width * up)
    spread[:, :, ::up, ::up] = features
    spread = functional.pad(spread, [*padding, *padding])
    fine = _convolved(spread, upper) * up**2
    fine = functional.leaky_relu(fine, activation.slope) * activation.gain
    if activation.clamp is not None:
        fine = fine.clamp(-activation.clamp, activation.clamp)
    return _convolved(fine, lower)[:, :, ::down, ::down]


def _convolved(features: Tensor, taps: Tensor | None) -> Tensor:
    """Convolve every channel with a filter on both axes, without padding."""
    if taps is None:
        return features
    kernel = torch.outer(taps, taps) if taps.dim() == 1 else taps
    channels = features.shape[1]
    weight = kernel.flip(0, 1).to(features.dtype).expand(channels, 1, -1, -1)
    return functional.conv2d(features, weight, groups=channels)
