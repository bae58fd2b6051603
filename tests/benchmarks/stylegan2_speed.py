"""``stylegan2`` against a plain form of it: stylegan2_speed.py [PIXELS [THREADS [RUNS]]]

At batch 1 and 8 (256 px, 2 threads and 3 runs unless said otherwise), float32, this prints

* milliseconds an image of both forms, the best of the runs, taken in turns in one process,
* their ratio, in wall time and in processor time (which other programs disturb less), and the
  largest difference of their images relative to the images' deviation.

The plain form is the papers': weights are modulated and demodulated for each image, a grouped
convolution takes the batch as groups, and resampling (zeros in between, then the filter) is an
operation by itself.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.filters import doubling_filter
from styletalker.plugins.stylegan2.generator import StyleGAN2
from torch import Tensor, nn
from torch.nn import functional


def blurred(features: Tensor, padding: int) -> Tensor:
    """Features [B, C, H, W] through the filter, each channel by itself."""
    channels = features.shape[1]
    weight = doubling_filter().expand(channels, 1, 4, 4)
    return functional.conv2d(features, weight, padding=padding, groups=channels)


def doubled(images: Tensor) -> Tensor:
    """Images [B, 3, H, W] -> [B, 3, 2 H, 2 W]: zeros in between, then the filter."""
    count, channels, height, width = images.shape
    spread = images.new_zeros(count, channels, height, 2, width, 2)
    spread[:, :, :, 0, :, 0] = images
    padded = functional.pad(spread.reshape(count, channels, 2 * height, 2 * width), (2, 1, 2, 1))
    return blurred(padded, 0)


def modulated(layer: Any, features: Tensor, w: Tensor, *, demodulates: bool) -> Tensor:
    """Convolution with weights of its own for each image."""
    count, channels, height, width = features.shape
    styles = layer.affine(w)
    weight = layer.weight * styles[:, None, :, None, None]  # [B, outputs, inputs, k, k]
    outputs, size = weight.shape[1], weight.shape[-1]
    if demodulates:
        weight = weight * torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
    else:
        weight = weight / math.sqrt(channels)
    features = features.reshape(1, count * channels, height, width)
    if getattr(layer, "doubles", False):
        weight = weight.transpose(1, 2).reshape(count * channels, outputs, size, size)
        features = functional.conv_transpose2d(features, weight, stride=2, groups=count)
        features = features.reshape(count, outputs, 2 * height + 1, 2 * width + 1)
        return blurred(features, 1)
    weight = weight.reshape(count * outputs, channels, size, size)
    features = functional.conv2d(features, weight, padding=size // 2, groups=count)
    return features.reshape(count, outputs, height, width)


def styled(layer: Any, features: Tensor, w: Tensor) -> Tensor:
    """Modulated convolution, noise, bias, activation, clamp: one after the other."""
    features = modulated(layer, features, w, demodulates=True)
    features = features + layer.noise_const * layer.noise_strength
    features = features + layer.bias[:, None, None]
    features = functional.leaky_relu(features, 0.2) * math.sqrt(2)
    return features.clamp(-layer.clamp, layer.clamp)


def colours(layer: Any, features: Tensor, w: Tensor) -> Tensor:
    """ToRGB."""
    features = modulated(layer, features, w, demodulates=False) + layer.bias[:, None, None]
    return features.clamp(-layer.clamp, layer.clamp)


def plain_synthesis(generator: StyleGAN2, ws: Tensor) -> Tensor:
    """The images [B, 3, H, W] of codes [B, L, D], block by block."""
    network: nn.Module = generator.synthesis_network
    block: Any = network.get_submodule("b4")
    features = block.const.repeat(len(ws), 1, 1, 1)
    features = styled(block.conv1, features, ws[:, 0])
    image = colours(block.torgb, features, ws[:, 1])
    for i in range((generator.num_ws - 2) // 2):
        block = network.get_submodule(f"b{8 << i}")
        features = styled(block.conv0, features, ws[:, 2 * i + 1])
        features = styled(block.conv1, features, ws[:, 2 * i + 2])
        image = doubled(image) + colours(block.torgb, features, ws[:, 2 * i + 3])
    return image


def times(call: Callable[[], Tensor]) -> tuple[float, float]:
    """Wall and processor milliseconds of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)


@torch.no_grad()
def main() -> None:
    """Print the tables."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    pixels, threads, runs = (*numbers, *(256, 2, 3)[len(numbers) :])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    base = 16384 if pixels <= 256 else 32768
    config = StyleGAN2Config(resolution=pixels, channel_base=base)  # type: ignore[arg-type]
    generator = StyleGAN2(config).eval()
    for name, parameter in generator.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
    print(f"{pixels} px, float32, {threads} threads, best of {runs}; ms an image")
    for batch in (1, 8):
        ws = generator.mapping(torch.randn(batch, config.z_dim))
        plain, ours = plain_synthesis(generator, ws), generator.synthesis(ws)
        error = ((plain - ours).abs().max() / plain.std()).item()
        found: list[list[tuple[float, float]]] = [[], []]
        for _ in range(runs):
            found[0].append(times(lambda: plain_synthesis(generator, ws)))  # noqa: B023
            found[1].append(times(lambda: generator.synthesis(ws)))  # noqa: B023
        (wall, processor), (own_wall, own_processor) = (
            [min(column) / batch for column in zip(*one, strict=True)] for one in found
        )
        print(
            f"batch {batch}: plain {wall:.0f}, ours {own_wall:.0f}: {wall / own_wall:.2f} times "
            f"as fast ({processor / own_processor:.2f} by processor time: {processor:.0f}, "
            f"{own_processor:.0f}); largest difference {error:.1e} of the deviation"
        )


if __name__ == "__main__":
    main()
