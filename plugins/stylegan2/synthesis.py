"""The synthesis network: from style codes to an image, doubling its size block by block."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from styletalker.core.interfaces.generator import NoiseMode
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.filters import double, doubling_filter
from styletalker.plugins.stylegan2.layers import StyledConv, ToRGB
from torch import Tensor, nn

__all__ = ["SynthesisNetwork"]

_FIRST = 4
"""Pixels a side of the constant that everything grows from."""


class FirstBlock(nn.Module):
    """The learned constant, one convolution, and the first image, at 4 x 4 pixels."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        channels = config.channels(_FIRST)
        self.const = nn.Parameter(torch.randn(channels, _FIRST, _FIRST))
        self.conv1 = StyledConv(
            channels, channels, w_dim=config.w_dim, size=_FIRST, clamp=config.conv_clamp
        )
        self.torgb = ToRGB(channels, w_dim=config.w_dim, clamp=config.conv_clamp)

    def forward(self, ws: Tensor, noise: NoiseMode) -> tuple[Tensor, Tensor]:
        """Features and image of codes [B, 2, D]."""
        features = self.const.expand(len(ws), -1, -1, -1)
        # convolutions at 128 px and more are faster; torch's backward of few channels crashes
        if features.device.type == "cpu" and not torch.is_grad_enabled():
            features = features.contiguous(memory_format=torch.channels_last)
        features = self.conv1(features, ws[:, 0], noise)
        return features, self.torgb(features, ws[:, 1]).to(self.const.dtype)


class Block(nn.Module):
    """Two convolutions, the first of which doubles the size, and what is added to the image."""

    kernel: Tensor

    def __init__(self, config: StyleGAN2Config, size: int) -> None:
        super().__init__()
        inputs, outputs = config.channels(size // 2), config.channels(size)
        w_dim, clamp = config.w_dim, config.conv_clamp
        self.conv0 = StyledConv(inputs, outputs, w_dim=w_dim, size=size, doubles=True, clamp=clamp)
        self.conv1 = StyledConv(outputs, outputs, w_dim=w_dim, size=size, clamp=clamp)
        self.torgb = ToRGB(outputs, w_dim=w_dim, clamp=clamp)
        self.register_buffer("kernel", doubling_filter(), persistent=False)

    def forward(
        self, features: Tensor, image: Tensor, ws: Tensor, noise: NoiseMode
    ) -> tuple[Tensor, Tensor]:
        """Features and image, twice as large, of codes [B, 3, D]."""
        features = self.conv0(features, ws[:, 0], noise)
        features = self.conv1(features, ws[:, 1], noise)
        # The image adds up in the parameters' precision, also where features are halves.
        with torch.autocast(image.device.type, enabled=False):
            image = double(image, self.kernel)
        return features, image + self.torgb(features, ws[:, 2]).to(image.dtype)


class SynthesisNetwork(nn.Module):
    """Blocks from 4 x 4 pixels up; the image is a sum over all of them (arXiv 1912.04958, 4.2).

    The row of codes that goes into a block's ToRGB is also the first of the next block's.
    """

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.resolution = int(config.resolution)
        self.b4 = FirstBlock(config)
        for size in self._sizes():
            self.add_module(f"b{size}", Block(config, size))

    @property
    def num_ws(self) -> int:
        """Layers L of a code: two in the first block, two more in each further one."""
        return 2 + 2 * len(list(self._sizes()))

    def forward(self, ws: Tensor, noise: NoiseMode) -> Tensor:
        """Codes [B, L, D] -> images [B, 3, H, W]."""
        features, image = self.b4(ws[:, :2], noise)
        for i, size in enumerate(self._sizes()):
            block = self.get_submodule(f"b{size}")
            features, image = block(features, image, ws[:, 2 * i + 1 : 2 * i + 4], noise)
        result: Tensor = image
        return result

    def _sizes(self) -> Iterator[int]:
        size = 2 * _FIRST
        while size <= self.resolution:
            yield size
            size *= 2
