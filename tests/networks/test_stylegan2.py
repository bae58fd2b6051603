"""``stylegan2``: every layer against its definition, and how it behaves in other precisions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d
from styletalker.core.errors import InputError
from styletalker.plugins.stylegan2.config import Resolution, StyleGAN2Config
from styletalker.plugins.stylegan2.equalised import EqualisedLinear
from styletalker.plugins.stylegan2.filters import double, doubling_filter
from styletalker.plugins.stylegan2.generator import StyleGAN2
from styletalker.plugins.stylegan2.layers import StyledConv, demodulation
from torch import Tensor
from torch.nn import functional

_TAPS = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


def _generator(**options: object) -> StyleGAN2:
    torch.manual_seed(0)
    smoke: dict[str, object] = {
        "resolution": 32,
        "z_dim": 12,
        "w_dim": 16,
        "mapping_layers": 2,
        "channel_base": 512,
        "channel_max": 32,
    }
    return StyleGAN2(StyleGAN2Config(**{**smoke, **options})).eval()  # type: ignore[arg-type]


def _random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _by_definition(layer: StyledConv, features: Tensor, w: Tensor) -> np.ndarray:
    """The layer as the paper writes it, with its own weights for each image, by scipy."""
    state = {name: value.double().numpy() for name, value in layer.state_dict().items()}
    affine = state["affine.weight"] / math.sqrt(w.shape[1])
    images = []
    for x, code in zip(features.double().numpy(), w.double().numpy(), strict=True):
        styles = affine @ code + state["affine.bias"]
        weight = state["weight"] * styles[None, :, None, None]
        weight = weight / np.sqrt((weight**2).sum((1, 2, 3), keepdims=True) + 1e-8)
        rows = []
        for kernel, bias in zip(weight, state["bias"], strict=True):
            if layer.doubles:
                spread = np.zeros((len(x), 2 * x.shape[1] - 1, 2 * x.shape[2] - 1))
                spread[:, ::2, ::2] = x
                pairs = zip(spread, kernel, strict=True)
                y = np.sum([convolve2d(a, k) for a, k in pairs], axis=0)
                y = convolve2d(y, 4 * _TAPS)[2:-2, 2:-2]
            else:  # a layer without resampling correlates, as is usual in networks
                pairs = zip(x, kernel[:, ::-1, ::-1], strict=True)
                y = np.sum([convolve2d(a, k, mode="same") for a, k in pairs], axis=0)
            y = y + state["noise_strength"] * state["noise_const"] + bias
            y = math.sqrt(2) * np.where(y > 0, y, 0.2 * y)
            rows.append(np.clip(y, -layer.clamp, layer.clamp) if layer.clamp else y)
        images.append(rows)
    return np.array(images)


@torch.no_grad()
@pytest.mark.parametrize(("doubles", "clamp"), [(False, None), (True, None), (False, 1.0)])
def test_layer_is_what_the_paper_says(doubles: bool, clamp: float | None) -> None:
    """Modulation, demodulation, doubling, noise, bias, activation and clamp, in float64."""
    torch.manual_seed(0)
    size = 12 if doubles else 6
    layer = StyledConv(3, 4, w_dim=5, size=size, doubles=doubles, clamp=clamp).double()
    layer.noise_strength.fill_(0.3)
    layer.bias.copy_(_random(4, seed=3))
    features, w = _random(2, 3, 6, 6).double(), _random(2, 5, seed=2).double()
    given = layer(features, w, "const").numpy()
    expected = _by_definition(layer, features, w)
    assert given.shape == expected.shape == (2, 4, size, size)
    np.testing.assert_allclose(given, expected, atol=1e-12)


def test_layer_gradients() -> None:
    """Gradients against finite differences, through the operations that work in place."""
    torch.manual_seed(0)
    layer = StyledConv(2, 2, w_dim=3, size=4, doubles=True, clamp=2.0).double()
    features = _random(1, 2, 2, 2).double().requires_grad_()
    w = _random(1, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, code: layer(x, code, "const"), (features, w))


@torch.no_grad()
def test_demodulation_gives_unit_variance() -> None:
    """Whatever the styles: noise of unit variance keeps it, to 5 % per channel."""
    weight, features = 3 * _random(8, 32, 3, 3), _random(4, 32, 64, 64, seed=2)
    styles = torch.tensor([0.01, 1.0, 10.0, 100.0])[:, None] * (1 + _random(4, 32, seed=3))
    out = functional.conv2d(features * styles[:, :, None, None], weight)
    out = out * demodulation(weight, styles)[:, :, None, None]
    spread = out.std((2, 3))  # [B, outputs]
    assert torch.allclose(spread, torch.ones_like(spread), atol=0.05)


@torch.no_grad()
def test_doubling() -> None:
    """A constant stays one, and a step is answered with the binomial filter's weights."""
    flat = double(torch.ones(1, 2, 5, 5), doubling_filter())
    assert flat.shape == (1, 2, 10, 10)
    assert torch.allclose(flat[..., 1:-1, 1:-1], torch.ones(8, 8))
    edge = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 1, 4, 4)
    answer = double(edge, doubling_filter())[0, 0, 4, 1:-1]
    assert answer.tolist() == pytest.approx([0, 0, 0.25, 0.75, 1, 1])


@torch.no_grad()
def test_equalised_linear() -> None:
    """Unit variance in and out, at any rate; the bias starts where it should."""
    torch.manual_seed(0)
    for rate in (1.0, 0.01):
        layer = EqualisedLinear(512, 256, rate=rate, bias=1.0)
        out = layer(_random(64, 512))
        assert out.mean().item() == pytest.approx(1.0, abs=0.05)
        assert out.std().item() == pytest.approx(1.0, abs=0.05)
        assert layer.weight.std().item() == pytest.approx(1 / rate, rel=0.02)


@torch.no_grad()
def test_mapping_truncation_and_mean() -> None:
    """The code does not depend on z's length; the cutoff counts from the coarsest layer."""
    generator, z = _generator(), _random(3, 12)
    ws = generator.mapping(z)
    assert torch.allclose(generator.mapping(3 * z), ws, atol=1e-6)
    assert not generator.mean_ws().any(), "nothing was followed yet"
    generator.follow_mean(ws, momentum=0.75)
    mean = generator.mean_ws()
    assert torch.allclose(mean[0], 0.25 * ws[:, 0].mean(0), atol=1e-6)
    cut = generator.mapping(z, truncation=0.5, cutoff=3)
    assert torch.allclose(cut[:, :3], 0.5 * (mean + ws)[:, :3], atol=1e-6)
    assert torch.equal(cut[:, 3:], ws[:, 3:])
    assert torch.equal(generator.mapping(z, truncation=0.5, cutoff=0), ws)
    stored = generator.get_submodule("mapping_network.fc1").weight
    assert isinstance(stored, Tensor)
    assert stored.std().item() == pytest.approx(100, rel=0.15), "stored at 1 / 0.01"


@torch.no_grad()
def test_rows_reach_the_layers_they_should() -> None:
    """Row 0 changes everything; the last one only colours, not features."""
    generator = _generator()
    ws = _random(1, 8, 16)
    seen: list[Tensor] = []
    last = generator.get_submodule("synthesis_network.b32.conv1")
    last.register_forward_hook(lambda _module, _given, out: seen.append(out))
    image = generator.synthesis(ws)
    for row, features_move in ((7, False), (6, True), (5, True), (0, True)):
        other = ws.clone()
        other[:, row] += 1
        assert not torch.equal(generator.synthesis(other), image)
        assert torch.equal(seen[-1], seen[0]) is not features_move, f"row {row}"


@torch.no_grad()
def test_image_is_the_sum_over_the_blocks() -> None:
    """Each block adds its RGB to the doubled image of the one before."""
    generator, added = _generator(), []
    for size in (4, 8, 16, 32):
        layer = generator.get_submodule(f"synthesis_network.b{size}.torgb")
        layer.register_forward_hook(lambda _module, _given, out: added.append(out))
    image = generator.synthesis(_random(2, 8, 16))
    total = added[0]
    for rgb in added[1:]:
        total = double(total, doubling_filter()) + rgb
    assert torch.allclose(image, total, atol=1e-6)
    assert all(rgb.std().item() > 0.1 for rgb in added)


@torch.no_grad()
def test_noise_has_the_strength_it_is_given() -> None:
    """Without strength the modes agree; with it, drawn noise differs from call to call."""
    generator, ws = _generator(), _random(1, 8, 16)
    plain = generator.synthesis(ws, noise="none")
    assert torch.equal(generator.synthesis(ws, noise="random"), plain)
    for name, parameter in generator.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
    fixed = generator.synthesis(ws, noise="const")
    first, second = (generator.synthesis(ws, noise="random") for _ in range(2))
    assert torch.equal(generator.synthesis(ws, noise="none"), plain)
    assert len({value.sum().item() for value in (plain, fixed, first, second)}) == 4
    with pytest.raises(InputError, match="did you mean 'const'"):
        generator.synthesis(ws, noise="cosnt")  # type: ignore[arg-type]


@torch.no_grad()
def test_layouts_and_precisions() -> None:
    """channels_last changes nothing; autocast gives float32 nearby; bf16 gives bf16."""
    generator, ws = _generator(), _random(2, 8, 16)
    exact = generator.synthesis(ws)
    spread = exact.std().item()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = generator.synthesis(ws)
        assert generator.mapping(_random(2, 12)).dtype is torch.float32
    assert mixed.dtype is torch.float32
    generator.to(memory_format=torch.channels_last)
    assert (generator.synthesis(ws) - exact).abs().amax().item() < 1e-5
    rounded = generator.bfloat16().synthesis(ws.bfloat16())
    assert rounded.dtype is torch.bfloat16
    assert (mixed - exact).abs().mean().item() < 0.01 * spread
    assert (rounded.float() - exact).abs().mean().item() < 0.03 * spread


@pytest.mark.parametrize(
    ("resolution", "num_ws", "millions"),
    [(256, 14, 24.77), (1024, 18, 30.37)],
)
def test_sizes_of_the_published_networks(
    resolution: Resolution, num_ws: int, millions: float
) -> None:
    """As published: 24.77 M parameters at 256 px, 30.37 M at 1024 px with the wider base."""
    base = 32768 if resolution == 1024 else 16384
    with torch.device("meta"):
        generator = StyleGAN2(StyleGAN2Config(resolution=resolution, channel_base=base))
    assert generator.num_ws == num_ws
    count = sum(parameter.numel() for parameter in generator.parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.01)
