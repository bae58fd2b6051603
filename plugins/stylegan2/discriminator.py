"""The discriminator of StyleGAN2 (arXiv 1912.04958): a residual network with one logit an image.

Names are those of NVIDIA's repositories; the numbers are those of both public implementations.
"""

from __future__ import annotations

import math

import torch
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.plugins.stylegan2.config import DiscriminatorConfig
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from styletalker.plugins.stylegan2.filters import doubling_filter
from styletalker.plugins.stylegan2.mapping import MappingNetwork
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["StyleGAN2Discriminator", "group_deviation"]

_SLOPE = 0.2
_SMALLEST = 4
_HALF = math.sqrt(0.5)
"""Of both branches of a block, so that their sum keeps the variance."""


def group_deviation(features: Tensor, group: int | None) -> Tensor:
    """The deviation within groups of images, as one more channel (arXiv 1710.10196, section 3).

    Args:
        features: [B, C, H, W]; image i belongs to group i mod (B / group).
        group: images per group, at most B; None for all.

    Returns:
        [B, C + 1, H, W].
    """
    count = len(features)
    size = count if group is None else min(group, count)
    if count % size:
        raise InputError(
            compose("the batch is no multiple of the group", expected=f"n * {size}", given=count)
        )
    members = features.reshape(size, -1, *features.shape[1:])  # [members, groups, C, H, W]
    centred = members - members.mean(0)
    spread = (centred.square().mean(0) + 1e-8).sqrt().mean((1, 2, 3))  # [groups]
    channel = spread.repeat(size)[:, None, None, None].expand(-1, 1, *features.shape[2:])
    return torch.cat([features, channel.to(features.dtype)], 1)


class Conv(nn.Module):
    """A convolution with an equalised learning rate; halves the size after a blur if asked to."""

    kernel: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        *,
        halves: bool = False,
        linear: bool = False,
        gain: float = 1.0,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.halves, self.linear = halves, linear
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = None if linear else nn.Parameter(torch.zeros(outputs))
        self.weight_gain = 1 / math.sqrt(inputs * size * size)
        self.gain = gain if linear else gain * math.sqrt(2)
        self.clamp = None if clamp is None else clamp * gain
        self.register_buffer("kernel", doubling_filter() / 4, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, inputs, H, W] -> [B, outputs, H', W']."""
        size = self.weight.shape[-1]
        # The gain passes through the leaky ReLU: it is applied to the weights and the bias.
        weight = self.weight * (self.weight_gain * self.gain)
        bias = None if self.bias is None else self.bias * self.gain
        if not self.halves:
            features = functional.conv2d(features, weight, bias, padding=size // 2)
        else:
            stride = 2 if size == 1 else 1  # nothing else reads the pixels that are left out
            blurred = _blur(features, self.kernel, 1 + size // 2, stride)
            features = functional.conv2d(blurred, weight, bias, stride=3 - stride)
        if not self.linear:
            features = functional.leaky_relu(features, _SLOPE)
        return features if self.clamp is None else features.clamp(-self.clamp, self.clamp)


def _blur(features: Tensor, kernel: Tensor, padding: int, stride: int) -> Tensor:
    channels = features.shape[1]
    weight = kernel.to(features.dtype).expand(channels, 1, 4, 4)
    return functional.conv2d(features, weight, padding=padding, stride=stride, groups=channels)


class Block(nn.Module):
    """Two convolutions beside a skip connection; the size is halved."""

    def __init__(self, config: DiscriminatorConfig, size: int) -> None:
        super().__init__()
        inputs, outputs, clamp = (
            config.channels(size),
            config.channels(size // 2),
            config.conv_clamp,
        )
        if size == config.resolution:
            self.fromrgb = Conv(3, inputs, 1, clamp=clamp)
        self.conv0 = Conv(inputs, inputs, 3, clamp=clamp)
        self.conv1 = Conv(inputs, outputs, 3, halves=True, gain=_HALF, clamp=clamp)
        self.skip = Conv(inputs, outputs, 1, halves=True, linear=True, gain=_HALF)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, C, H, W], or images in the first block -> [B, C', H / 2, W / 2]."""
        if hasattr(self, "fromrgb"):
            features = self.fromrgb(features)
        result: Tensor = self.skip(features) + self.conv1(self.conv0(features))
        return result


class LastBlock(nn.Module):
    """Deviation among images, one convolution, two linear layers."""

    def __init__(self, config: DiscriminatorConfig, outputs: int) -> None:
        super().__init__()
        self.group = config.group
        channels = config.channels(_SMALLEST)
        self.conv = Conv(channels + 1, channels, 3, clamp=config.conv_clamp)
        self.fc = EqualisedLinear(channels * _SMALLEST**2, channels)
        self.out = EqualisedLinear(channels, outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Features [B, C, 4, 4] -> [B, outputs]."""
        features = self.conv(group_deviation(features, self.group)).flatten(1)
        features = functional.leaky_relu(self.fc(features), _SLOPE) * math.sqrt(2)
        result: Tensor = self.out(features)
        return result


class StyleGAN2Discriminator(nn.Module):
    """Images -> logits: high for real ones; with labels, by projection (arXiv 1802.05637)."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        """Build it from its configuration; weights are random."""
        super().__init__()
        self.config = config
        dim = config.mapping_dim or config.channels(_SMALLEST)
        for size in self._sizes():
            self.add_module(f"b{size}", Block(config, size))
        if config.classes:
            self.mapping = MappingNetwork(
                z_dim=0,
                w_dim=dim,
                layers=config.mapping_layers,
                classes=config.classes,
                follows_mean=False,
            )
        self.b4 = LastBlock(config, dim if config.classes else 1)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits [B, 1] of images [B, 3, H, W] in [-1, 1] and labels [B, C] of a model with any.

        Raises:
            InputError: a shape is wrong, labels are missing, or there should be none.
        """
        size, classes = int(self.config.resolution), self.config.classes
        check_shape("images", images, f"B 3 {size} {size}")
        if (labels is None) is bool(classes):
            word = "needs labels" if classes else "takes no labels"
            raise InputError(f"the discriminator {word}: it has {classes} classes")
        features = images
        for step in self._sizes():
            features = self.get_submodule(f"b{step}")(features)
        logits: Tensor = self.b4(features)
        if labels is not None:
            check_shape("labels", labels, f"{len(images)} {classes}")
            mapped = self.mapping(None, labels)
            logits = (logits * mapped).sum(1, keepdim=True) / math.sqrt(mapped.shape[1])
        return logits

    def _sizes(self) -> list[int]:
        """Pixels a side that the blocks work at, the largest first."""
        size, sizes = int(self.config.resolution), []
        while size > _SMALLEST:
            sizes.append(size)
            size //= 2
        return sizes
