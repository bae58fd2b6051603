"""A layer of the synthesis network (StyleGAN3, arXiv 2106.12423, section 3.2 and appendix D)."""

from __future__ import annotations

import math

import torch
from styletalker.plugins.common.winograd import conv3x3
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.lowpass import lowpass
from styletalker.plugins.stylegan3.resample import Activation, filtered
from styletalker.plugins.stylegan3.schedule import LayerPlan
from torch import Tensor, nn

__all__ = ["AliasFreeLayer"]

_SLOPE = 0.2
"""Of the leaky ReLU, in all style-based generators."""
_TINY = 1e-8


class AliasFreeLayer(nn.Module):
    """Modulated convolution, then the activation on a finer grid between two low-pass filters.

    Without demodulation and activation it is the last layer, which makes the image.
    """

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(self, config: StyleGAN3Config, plan: LayerPlan) -> None:
        """Make the layer that *plan* describes."""
        super().__init__()
        self.plan, self.beta = plan, config.magnitude_beta
        inputs, outputs = plan.before.channels, plan.after.channels
        self.affine = EqualisedLinear(config.w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, plan.kernel, plan.kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("magnitude_ema", torch.ones(()))
        radial = config.radial
        self.register_buffer("up_filter", lowpass(**plan.filter_of("up_filter", radial=radial)))
        self.register_buffer("down_filter", lowpass(**plan.filter_of("down_filter", radial=radial)))
        gain, slope = (1.0, 1.0) if plan.is_rgb else (math.sqrt(2), _SLOPE)
        self.activation = Activation(slope=slope, gain=gain, clamp=config.conv_clamp)

    def forward(self, features: Tensor, w: Tensor) -> Tensor:
        """Features [B, inputs, H, H] and codes [B, D] -> [B, outputs, size, size]."""
        self._follow(features)
        styles, scale = self._factors(w)
        features = features * styles.to(features.dtype)[:, :, None, None]
        features = conv3x3(features, self.weight, self.plan.kernel - 1)
        scale, bias = scale.to(features.dtype), self.bias.to(features.dtype)
        features = torch.addcmul(bias[:, None, None], features, scale[..., None, None])
        if self.plan.is_rgb:
            clamp = self.activation.clamp
            return features if clamp is None else features.clamp(-clamp, clamp)
        return filtered(
            features,
            self.up_filter,
            self.down_filter,
            self.activation,
            up=self.plan.up,
            down=self.plan.down,
            padding=self.plan.padding,
            size=self.plan.after.size,
        )

    def _factors(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Factors of the inputs [B, inputs] and of the outputs [B or 1, outputs or 1].

        Not in half precision: an error here would scale a whole channel.
        """
        with torch.autocast(w.device.type, enabled=False):
            styles = self.affine(w.to(self.weight.dtype))
            gain = self.magnitude_ema.rsqrt().reshape(1, 1)
            if self.plan.is_rgb:
                return styles * self.weight[0].numel() ** -0.5, gain
            # Weights and styles count as brought to unit scale, which only the tiny number in
            # the demodulation can tell. Styles are, so that features keep their range between.
            styles = styles * (styles.square().mean(1, keepdim=True) + _TINY).rsqrt()
            power = self.weight.square().sum((2, 3))  # [outputs, inputs]
            level = power.mean(1) / self.weight[0, 0].numel()
            normal = styles.square() @ (power / level[:, None]).T
            return styles, torch.rsqrt(normal + _TINY) * level.rsqrt() * gain

    @torch.no_grad()
    def _follow(self, features: Tensor) -> None:
        """While this layer is trained, follow the mean square of what comes in."""
        if self.training and self.weight.requires_grad and not torch.is_inference_mode_enabled():
            current = features.detach().float().square().mean()
            self.magnitude_ema.copy_(current.lerp(self.magnitude_ema.float(), self.beta))
