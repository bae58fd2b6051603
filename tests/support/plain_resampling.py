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
    separable: bool = False,
) -> Tensor:
    """What ``filtered`` gives, by the definition (arXiv 2106.12423, section 3.1).

    Filters along one axis are used as whole ones on both, or, if *separable*, one after the other.
    """
    batch, channels, height, width = features.shape
    spread = features.new_zeros(batch, channels, height * up, width * up)
    spread[:, :, ::up, ::up] = features
    spread = functional.pad(spread, [*padding, *padding])
    fine = _convolved(spread, upper, separable) * up**2
    fine = functional.leaky_relu(fine, activation.slope) * activation.gain
    if activation.clamp is not None:
        fine = fine.clamp(-activation.clamp, activation.clamp)
    return _convolved(fine, lower, separable)[:, :, ::down, ::down]


def _convolved(features: Tensor, taps: Tensor | None, separable: bool) -> Tensor:
    """Convolve every channel with a filter on both axes, without padding."""
    if taps is None:
        return features
    if separable and taps.dim() == 1:
        rows = _correlated(features, taps.flip(0)[:, None])
        return _correlated(rows, taps.flip(0)[None])
    kernel = torch.outer(taps, taps) if taps.dim() == 1 else taps
    return _correlated(features, kernel.flip(0, 1))


def _correlated(features: Tensor, kernel: Tensor) -> Tensor:
    channels = features.shape[1]
    weight = kernel.to(features.dtype).expand(channels, 1, -1, -1)
    return functional.conv2d(features, weight, groups=channels)
