"""The two layers of the synthesis network (StyleGAN2, arXiv 1912.04958, section 2.2).

A style scales the channels that go into a convolution (modulation); the channels that come out
are divided by the scale this gives them (demodulation). The paper folds both into the weights of
each image. Scaling the features instead is the same, and one convolution serves the whole batch.
For a single image without gradients, whichever is smaller is scaled: the weights or the features.
"""

from __future__ import annotations

import math

import torch
from styletalker.core.interfaces.generator import NoiseMode
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from styletalker.plugins.stylegan2.filters import blur, doubling_filter
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["StyledConv", "ToRGB", "demodulation"]

_SLOPE = 0.2
"""Of the leaky ReLU, in all style-based generators."""
_GAIN = math.sqrt(2)
"""Gives the activation back the variance that its negative half loses (He et al. 1502.01852)."""
_EPSILON = 1e-8
"""Of the demodulation, as in the paper."""


def demodulation(weight: Tensor, styles: Tensor) -> Tensor:
    """What brings output channels to unit variance: [B, outputs].

    Args:
        weight: [outputs, inputs, k, k].
        styles: [B, inputs].
    """
    return _demodulation(_power(weight), styles)


def _power(weight: Tensor) -> Tensor:
    """The square sums [outputs, inputs] of weights [outputs, inputs, k, k]."""
    return weight.square().sum((2, 3))


def _demodulation(power: Tensor, styles: Tensor) -> Tensor:
    return torch.rsqrt(styles.square() @ power.T + _EPSILON)


class StyledConv(nn.Module):
    """Modulated 3 x 3 convolution, noise, bias, leaky ReLU; doubles the size if asked to."""

    noise_const: Tensor
    kernel: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        w_dim: int,
        size: int,
        doubles: bool = False,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.doubles, self.clamp = doubles, clamp
        self.affine = EqualisedLinear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise_const", torch.randn(size, size))
        self.register_buffer("kernel", doubling_filter(), persistent=False)

    def forward(self, features: Tensor, w: Tensor, noise: NoiseMode) -> Tensor:
        """Features [B, inputs, H, W] and a code [B, D] -> [B, outputs, H', W']."""
        styles, scale = self._styles(w)
        # The gain goes through a leaky ReLU unchanged: it is applied where factors are small.
        scale, bias = scale * _GAIN, self.bias * _GAIN
        if _is_cheaper(self.weight, features):
            weight = self.weight * (scale.T[:, :, None, None] * styles[:, :, None, None])
            features = self._convolved(features, weight, bias)
        else:
            features = features * styles.to(features.dtype)[:, :, None, None]
            features = self._convolved(features, self.weight, None)
            factors, offset = (v.to(features.dtype) for v in (scale, bias))
            features = torch.addcmul(offset[:, None, None], features, factors[:, :, None, None])
        drawn = self._noise(features, noise)
        features = features if drawn is None else features + drawn
        features = functional.leaky_relu_(features, _SLOPE)
        return _clamped(features, self.clamp)

    def _convolved(self, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution alone, twice as large if the layer doubles."""
        if not self.doubles:
            return functional.conv2d(features, weight, bias, padding=1)
        features = functional.conv_transpose2d(features, weight.transpose(0, 1), stride=2)
        return blur(features, self.kernel, bias)

    def _styles(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Factors of the inputs [B, inputs] and of the outputs [B, outputs].

        Not in half precision: an error here would scale a whole channel, and costs are small.
        """
        with torch.autocast(w.device.type, enabled=False):
            styles = self.affine(w.to(self.weight.dtype))
            return styles, demodulation(self.weight, styles)

    def _noise(self, features: Tensor, noise: NoiseMode) -> Tensor | None:
        """What is added to each pixel, broadcastable to [B, outputs, H, W]."""
        if noise == "none":
            return None
        drawn = self.noise_const  # [H, W]
        if noise == "random":
            shape = (len(features), 1, *drawn.shape)
            drawn = torch.randn(shape, device=drawn.device, dtype=drawn.dtype)
        return (drawn * (self.noise_strength * _GAIN)).to(features.dtype)


class ToRGB(nn.Module):
    """Modulated 1 x 1 convolution without demodulation: what a block adds to the image."""

    def __init__(self, inputs: int, *, w_dim: int, clamp: float | None = None) -> None:
        super().__init__()
        self.clamp = clamp
        self.affine = EqualisedLinear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.gain = inputs**-0.5  # equalised learning rate; there is no demodulation to do it

    def forward(self, features: Tensor, w: Tensor) -> Tensor:
        """Features [B, inputs, H, W] and a code [B, D] -> RGB [B, 3, H, W]."""
        with torch.autocast(w.device.type, enabled=False):
            styles = self.affine(w.to(self.weight.dtype)) * self.gain
        if _is_cheaper(self.weight, features):
            rgb = functional.conv2d(features, self.weight * styles[:, :, None, None], self.bias)
        else:
            features = features * styles.to(features.dtype)[:, :, None, None]
            rgb = functional.conv2d(features, self.weight, self.bias)
        return _clamped(rgb, self.clamp)


def _is_cheaper(weight: Tensor, features: Tensor) -> bool:
    """Whether to scale the weights of the one image there is, without gradients or autocast.

    Half precision keeps the features' way: weights times styles would be rounded once more.
    """
    return (
        len(features) == 1
        and not torch.is_grad_enabled()
        and weight.dtype is features.dtype is torch.float32
        and not torch.is_autocast_enabled(features.device.type)
        and weight.numel() < features.numel()
    )


def _clamped(features: Tensor, limit: float | None) -> Tensor:
    """Features within plus and minus *limit*; in place where nothing needs the old values."""
    if limit is None:
        return features
    if torch.is_grad_enabled():
        return features.clamp(-limit, limit)
    return features.clamp_(-limit, limit)
