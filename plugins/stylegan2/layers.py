"""The two layers of the synthesis network (StyleGAN2, arXiv 1912.04958, section 2.2).

A style scales the channels that go into a convolution (modulation); the channels that come out
are divided by the scale this gives them (demodulation). The paper folds both into the weights of
each image. Scaling the features instead is the same, and one convolution serves the whole batch.
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
    power = weight.square().sum((2, 3))  # [outputs, inputs]
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
        features = features * styles.to(features.dtype)[:, :, None, None]
        if self.doubles:
            weight = self.weight.transpose(0, 1)
            features = functional.conv_transpose2d(features, weight, stride=2)
            features = blur(features, self.kernel)
        else:
            features = functional.conv2d(features, self.weight, padding=1)
        # The gain goes through a leaky ReLU unchanged: it is applied where factors are small.
        scale = (scale * _GAIN)[:, :, None, None].to(features.dtype)
        offset = (self._offset(features, noise) * _GAIN).to(features.dtype)
        features = functional.leaky_relu_(torch.addcmul(offset, features, scale), _SLOPE)
        return features if self.clamp is None else features.clamp(-self.clamp, self.clamp)

    def _styles(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Factors of the inputs [B, inputs] and of the outputs [B, outputs].

        Not in half precision: an error here would scale a whole channel, and costs are small.
        """
        with torch.autocast(w.device.type, enabled=False):
            styles = self.affine(w.to(self.weight.dtype))
            return styles, demodulation(self.weight, styles)

    def _offset(self, features: Tensor, noise: NoiseMode) -> Tensor:
        """Bias and noise, broadcastable to [B, outputs, H, W]."""
        bias = self.bias[:, None, None]
        if noise == "none":
            return bias
        drawn = self.noise_const  # [H, W]
        if noise == "random":
            shape = (len(features), 1, *drawn.shape)
            drawn = torch.randn(shape, device=drawn.device, dtype=drawn.dtype)
        return bias + drawn * self.noise_strength


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
        features = features * styles.to(features.dtype)[:, :, None, None]
        rgb = functional.conv2d(features, self.weight, self.bias)
        return rgb if self.clamp is None else rgb.clamp(-self.clamp, self.clamp)
