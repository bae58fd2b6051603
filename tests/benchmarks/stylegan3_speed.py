"""Speed of StyleGAN3: python tests/benchmarks/stylegan3_speed.py [T|R [PIXELS [BATCH [THREADS]]]]

One image (or a batch) by three ways with the same weights, by default configuration T at 256 px
with the published widths: this toolkit's; the definition as the paper has it (weights of its own
for each image, zeros inserted, whole filters, samples thrown away); and the same with filters
along one axis after the other. Prints seconds of CPU time (what a busy machine changes least),
their ratios, and how far the images are apart. The best of three runs counts; the
slow two run once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).parent.parent))

from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.generator import StyleGAN3
from styletalker.plugins.stylegan3.layers import AliasFreeLayer
from support.plain_resampling import plain_filtered


def plain_layer(layer: AliasFreeLayer, features: Tensor, w: Tensor, *, separable: bool) -> Tensor:
    """The layer as the paper writes it."""
    plan, batch = layer.plan, len(features)
    styles = layer.affine(w)
    weight = layer.weight
    if plan.is_rgb:
        styles = styles * weight[0].numel() ** -0.5
    weight = weight[None] * styles[:, None, :, None, None]
    if not plan.is_rgb:
        weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
    weight = weight * layer.magnitude_ema.rsqrt()
    features = functional.conv2d(
        features.reshape(1, -1, *features.shape[2:]),
        weight.flatten(0, 1),
        padding=plan.kernel - 1,
        groups=batch,
    )
    features = features.reshape(batch, -1, *features.shape[2:]) + layer.bias[:, None, None]
    if plan.is_rgb:
        clamp = layer.activation.clamp
        return features if clamp is None else features.clamp(-clamp, clamp)
    return plain_filtered(
        features,
        layer.up_filter,
        layer.down_filter,
        layer.activation,
        up=plan.up,
        down=plan.down,
        padding=plan.padding,
        separable=separable,
    )


def plain_images(generator: StyleGAN3, ws: Tensor, *, separable: bool) -> Tensor:
    """Images of codes, by the definition."""
    network = generator.synthesis_network
    features: Tensor = network.input(ws[:, 0]).contiguous()
    for index, name in enumerate(network.layer_names):
        layer = network.get_submodule(name)
        assert isinstance(layer, AliasFreeLayer)
        features = plain_layer(layer, features, ws[:, index + 1], separable=separable)
    return features * network.output_scale


def seconds(run: Callable[[], Tensor], times: int) -> tuple[float, Tensor]:
    """CPU time of the fastest run, and its result."""
    best, result = float("inf"), torch.empty(0)
    for _ in range(times):
        start = time.process_time()
        result = run()
        best = min(best, time.process_time() - start)
    return best, result


@torch.no_grad()
def main() -> None:
    """Measure and print."""
    kind, pixels, batch, threads = [*sys.argv[1:], *("T", "256", "1", "1")[len(sys.argv) - 1 :]]
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    base = 16384 if int(pixels) <= 256 else 32768
    turning = {"channel_base": 2 * base, "channel_max": 1024, "kernel": 1, "radial": True}
    options = turning if kind == "R" else {"channel_base": base}
    generator = StyleGAN3(StyleGAN3Config(resolution=int(pixels), **options)).eval()  # type: ignore[arg-type]
    ws = generator.mapping(torch.randn(int(batch), 512))
    print(f"StyleGAN3-{kind}, {pixels} px, batch {batch}, {threads} threads, float32", flush=True)
    ours, image = seconds(lambda: generator.synthesis(ws), 3)
    print(f"ours: {ours:.2f} s", flush=True)
    for name, separable in (("separable filters", True), ("whole filters", False)):
        plain, other = seconds(lambda s=separable: plain_images(generator, ws, separable=s), 1)  # type: ignore[misc]
        apart = (image - other).abs().max().item() / image.std().item()
        print(
            f"by the definition, {name}: {plain:.2f} s, {plain / ours:.1f} times ours; "
            f"largest difference {apart:.1e} of the image's deviation",
            flush=True,
        )


if __name__ == "__main__":
    main()
