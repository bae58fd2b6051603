"""``stylegan3``: filters, resampling, layers and equivariance against their definitions."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.families import nvidia_generator
from styletalker.plugins.stylegan3.generator import StyleGAN3
from styletalker.plugins.stylegan3.lowpass import lowpass
from styletalker.plugins.stylegan3.public import from_public, options_of
from styletalker.plugins.stylegan3.resample import Activation, filtered
from styletalker.plugins.stylegan3.schedule import bands_of, plans_of
from support.plain_resampling import plain_filtered
from torch import Tensor

_SMALL: dict[str, object] = {
    "resolution": 32,
    "z_dim": 12,
    "w_dim": 16,
    "layers": 6,
    "channel_base": 256,
    "channel_max": 12,
}


def _generator(**options: object) -> StyleGAN3:
    torch.manual_seed(0)
    return StyleGAN3(StyleGAN3Config(**{**_SMALL, **options})).eval()  # type: ignore[arg-type]


def _random(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
@pytest.mark.parametrize(
    ("up", "down", "taps", "padding", "radial"),
    [
        (2, 2, (12, 12), (9, 8), False),
        (4, 2, (24, 12), (-6, -9), False),
        (2, 2, (12, 12), (-11, -12), False),
        (2, 2, (12, 12), (9, 8), True),
        (4, 2, (24, 12), (3, -2), True),
        (4, 1, (8, 1), (5, 2), False),
        (1, 1, (1, 1), (2, -1), False),
        (2, 1, (5, 1), (1, 4), False),
        (4, 4, (9, 7), (0, 6), False),
    ],
)
def test_resampling_is_what_the_definition_says(
    up: int, down: int, taps: tuple[int, int], padding: tuple[int, int], radial: bool
) -> None:
    """Any factors and paddings, with filters that are not symmetric, in float64."""
    features = _random(2, 2, 25, 25).double()
    upper = None if taps[0] == 1 else _random(taps[0], seed=2).double()
    shape = (taps[1], taps[1]) if radial else (taps[1],)
    lower = None if taps[1] == 1 else _random(*shape, seed=3).double()
    activation = Activation(slope=0.2, gain=1.5, clamp=4.0)
    factors = {"up": up, "down": down, "padding": padding}
    expected = plain_filtered(features, upper, lower, activation, **factors)  # type: ignore[arg-type]
    size = expected.shape[-1]
    given = filtered(features, upper, lower, activation, size=size, **factors)  # type: ignore[arg-type]
    assert given.shape == expected.shape
    assert torch.allclose(given, expected, atol=1e-11)
    assert (expected.abs() > 0.1).double().mean() > 0.5


@pytest.mark.parametrize("radial", [False, True])
def test_resampling_gradients(radial: bool) -> None:
    """Gradients against finite differences, through what works in place."""
    lower = (_random(4, 4, seed=3) if radial else _random(4, seed=3)).double()
    upper = _random(8, seed=2).double()
    activation = Activation(slope=0.2, gain=1.5, clamp=30.0)

    def run(features: Tensor) -> Tensor:
        return filtered(features, upper, lower, activation, up=4, down=2, padding=(2, 3), size=4)

    features = _random(1, 2, 3, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(run, (features,))


def test_lowpass_filters() -> None:
    """Sum 1; what is below the cutoff passes, what is above the stopband does not."""
    for radial in (False, True):
        taps = lowpass(taps=24, cutoff=8.0, width=8.0, rate=64.0, radial=radial)
        assert taps is not None
        assert taps.sum().item() == pytest.approx(1.0, abs=1e-6)
        assert torch.allclose(taps, taps.flip(0), atol=1e-7)
        line = taps.sum(1) if radial else taps
        places = torch.arange(24) - 11.5
        answers = {
            frequency: float((line * torch.cos(2 * math.pi * frequency / 64 * places)).sum())
            for frequency in (1, 4, 8, 14, 20)
        }
        assert answers[1] > 0.97
        assert answers[4] > 0.9
        assert answers[8] == pytest.approx(0.5, abs=0.05)
        assert abs(answers[14]) < 0.05
        assert abs(answers[20]) < 0.01
    assert lowpass(taps=1, cutoff=1.0, width=1.0, rate=4.0, radial=False) is None
    round_one = lowpass(taps=7, cutoff=2.0, width=2.0, rate=8.0, radial=True)
    assert round_one is not None
    # (3, 0) and (0, 3) are as far from the centre; the window is separable, so other pairs differ.
    assert torch.allclose(round_one, round_one.T, atol=1e-7)


def test_published_sizes() -> None:
    """Layers and parameters of the published 1024 px networks."""
    moving = StyleGAN3Config(resolution=1024, channel_base=32768)
    turning = StyleGAN3Config(
        resolution=1024, channel_base=65536, channel_max=1024, kernel=1, radial=True
    )
    assert [(band.size, band.channels) for band in bands_of(moving)] == [
        (36, 512),
        (36, 512),
        (52, 512),
        (52, 512),
        (84, 512),
        (148, 512),
        (148, 512),
        (276, 323),
        (276, 203),
        (532, 128),
        (1044, 81),
        (1044, 51),
        (1044, 32),
        (1024, 32),
        (1024, 3),
    ]
    for config, millions in ((moving, 22.3), (turning, 15.1)):
        with torch.device("meta"):
            generator = StyleGAN3(config)
        assert generator.num_ws == 16
        count = sum(parameter.numel() for parameter in generator.parameters())
        assert count / 1e6 == pytest.approx(millions, abs=0.1)


def test_other_schedules() -> None:
    """Every layer's output has the size the next one takes, at any options."""
    for options in (
        {"layers": 3, "critical": 1, "margin": 0},
        {"resolution": 64, "upsampling": 4, "filter_size": 4},
        {"upsampling": 1, "first_cutoff": 1.0, "first_stopband": 3.0},
        {"critical": 0, "last_stopband_rel": 1.6, "kernel": 5},
        {"radial": True, "kernel": 1, "resolution": 16, "layers": 5},
    ):
        generator = _generator(**options)
        with torch.no_grad():
            image = generator.synthesis(_random(1, generator.num_ws, 16))
        assert image.shape == (1, 3, generator.resolution, generator.resolution), options
        assert image.isfinite().all()
        assert image.std() > 0.001, options
        for plan in plans_of(generator.config):
            assert plan.up % plan.down == 0


def _moved(generator: StyleGAN3, ws: Tensor, matrix: list[list[float]]) -> Tensor:
    transform = generator.synthesis_network.input.transform
    before = transform.clone()
    transform.copy_(torch.linalg.inv(torch.tensor(matrix, dtype=torch.float32)))
    image = generator.synthesis(ws)
    transform.copy_(before)
    return image


def _psnr(one: Tensor, other: Tensor) -> float:
    return float(
        20 * torch.log10((other.max() - other.min()) / (one - other).square().mean().sqrt())
    )


@torch.no_grad()
def test_images_move_with_the_input() -> None:
    """Equivariance to translation: moving the waves by 4 pixels moves the image by 4 pixels."""
    generator, ws = _generator(channel_base=512, channel_max=16), _random(1, 8, 16)
    still = generator.synthesis(ws)
    shift = 4 / 32
    moved = _moved(generator, ws, [[1, 0, shift], [0, 1, 0], [0, 0, 1]])
    inner = slice(6, -6)
    assert _psnr(moved[..., inner, 10:-6], still[..., inner, 6:-10]) > 35
    assert _psnr(moved[..., inner, 10:-6], still[..., inner, 10:-6]) < 25, "nothing moved"


@torch.no_grad()
def test_images_turn_with_the_input() -> None:
    """Equivariance to rotation of configuration R: a quarter turn turns the image."""
    generator = _generator(kernel=1, radial=True, channel_base=512, channel_max=16)
    ws = _random(1, 8, 16)
    turned = _moved(generator, ws, [[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    assert _psnr(turned, generator.synthesis(ws).rot90(-1, (2, 3))) > 60


@torch.no_grad()
def test_magnitudes_are_followed_while_training_alone() -> None:
    """In training mode with a gradient required; not in evaluation, not if frozen."""
    generator, ws = _generator(magnitude_beta=0.5), _random(2, 8, 16)
    layer = generator.get_submodule(
        f"synthesis_network.{generator.synthesis_network.layer_names[0]}"
    )
    seen: list[Tensor] = []
    layer.register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    generator.synthesis(ws)
    assert layer.get_buffer("magnitude_ema").item() == 1
    generator.train().requires_grad_(requires_grad=False)
    generator.synthesis(ws)
    assert layer.get_buffer("magnitude_ema").item() == 1
    generator.requires_grad_(requires_grad=True)
    generator.synthesis(ws)
    expected = 0.5 + 0.5 * seen[-1].square().mean().item()
    assert layer.get_buffer("magnitude_ema").item() == pytest.approx(expected)


@torch.no_grad()
def test_magnitude_divides_the_input() -> None:
    """Four times the mean square halves what a convolution gives."""
    generator, w = _generator(conv_clamp=None), _random(1, 16)
    plan_name = generator.synthesis_network.layer_names[1]
    layer = generator.get_submodule(f"synthesis_network.{plan_name}")
    features = _random(1, 12, 36, 36)
    before = layer(features, w)
    layer.get_buffer("magnitude_ema").fill_(4.0)
    assert torch.allclose(layer(features, w), before / 2, atol=1e-6)
    assert torch.allclose(layer(2 * features, w), before, atol=1e-5)


@torch.no_grad()
def test_labels() -> None:
    """They change the code; without them the class of the options is drawn."""
    generator, z, labels = _generator(classes=3, label=1), _random(2, 12), torch.eye(3)
    one, other = (generator.mapping(z, labels=labels[[i, i]]) for i in (0, 1))
    assert not torch.allclose(one, other)
    assert torch.equal(generator.mapping(z), other)
    with pytest.raises(InputError, match="labels has the wrong shape"):
        generator.mapping(z, labels=labels[:1])
    with pytest.raises(InputError, match="has no classes"):
        _generator().mapping(z, labels=labels[:2])


@torch.no_grad()
def test_mapping_truncation_and_noise_modes() -> None:
    """The cutoff counts from the coarsest layer; noise changes nothing."""
    generator, z = _generator(), _random(2, 12)
    ws = generator.mapping(z)
    generator.follow_mean(ws, momentum=0.5)
    mean, cut = generator.mean_ws(), generator.mapping(z, truncation=0.5, cutoff=3)
    assert torch.allclose(cut[:, :3], (0.5 * (mean + ws))[:, :3], atol=1e-6)
    assert torch.equal(cut[:, 3:], ws[:, 3:])
    assert torch.equal(generator.synthesis(ws, noise="random"), generator.synthesis(ws))
    with pytest.raises(InputError, match="did you mean 'const'"):
        generator.synthesis(ws, noise="cosnt")  # type: ignore[arg-type]


@torch.no_grad()
def test_precisions() -> None:
    """Autocast gives float32 nearby; bf16 parameters give bf16."""
    generator, ws = _generator(), _random(2, 8, 16)
    exact = generator.synthesis(ws)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = generator.synthesis(ws)
    assert mixed.dtype is torch.float32
    assert 0 < (mixed - exact).abs().mean() < 0.03 * exact.std()
    assert generator.bfloat16().synthesis(ws.bfloat16()).dtype is torch.bfloat16


def _public() -> tuple[StyleGAN3, dict[str, Tensor], dict[str, object]]:
    """A generator, its state under public names, and the arguments of their constructor."""
    generator = _generator(classes=3, radial=True, kernel=1)
    tensors = {
        name.replace("_network", "", 1): value for name, value in generator.state_dict().items()
    }
    constructor = {
        "z_dim": 12,
        "c_dim": 3,
        "w_dim": 16,
        "img_resolution": 32,
        "img_channels": 3,
        "mapping_kwargs": {"num_layers": 2},
        "channel_base": 256,
        "channel_max": 12,
        "num_layers": np.int64(6),
        "conv_kernel": 1,
        "use_radial_filters": True,
        "num_fp16_res": 4,
    }
    return generator, tensors, constructor


def _file(tensors: dict[str, Tensor], constructor: dict[str, object]) -> WeightsFile:
    named = {f"G_ema.{name}": value for name, value in tensors.items()}
    return WeightsFile(
        path=Path("some.pkl"),
        layout="network-pickle",
        tensors=Tensors.of(named),
        values={},
        arguments={"G_ema": constructor},
    )


def test_public_weights() -> None:
    """They are renamed and recognised, options and all."""
    generator, tensors, constructor = _public()
    assert "synthesis.L0_36_12.affine.weight" in tensors
    assert "synthesis.L6_32_3.magnitude_ema" in tensors
    fit = nvidia_generator(_file(tensors, constructor))
    assert fit is not None
    assert fit.part == "G_ema"
    assert fit.architecture.startswith("StyleGAN3 generator, configuration R, 32 px, 8 rows of 16")
    assert fit.options["magnitude_beta"] == 0.999
    found = StyleGAN3(StyleGAN3Config(**fit.options)).eval()
    found.load_state_dict(dict(fit.tensors))
    with torch.no_grad():
        z = _random(1, 12)
        images = [one.synthesis(one.mapping(z)) for one in (found, generator)]
    assert torch.equal(images[0], images[1])
    assert options_of(tensors)["classes"] == 3
    assert options_of(tensors)["z_dim"] == 12
    alone = WeightsFile(
        path=Path("g.pt"), layout="torch-zip", tensors=Tensors.of(tensors), values={}
    )
    bare = nvidia_generator(alone)
    assert bare is not None
    assert bare.notes == ("what the file does not say is as published: frequencies, margin, clamp",)
    del tensors["mapping.w_avg"]
    assert not from_public(tensors)["mapping_network.w_avg"].any()


def test_refused_public_weights() -> None:
    """Other filters, other images, other tensors: each with its reason."""
    _, tensors, constructor = _public()
    for change, message in (
        ({"last_stopband_rel": 1.5}, "_filter is another filter than its options make"),
        ({"img_channels": 1}, r"some\.pkl: the generator makes 1 channels, not RGB"),
        ({"img_resolution": 48}, r"some\.pkl: resolution must be a power of two"),
    ):
        with pytest.raises(CheckpointError, match=message):
            nvidia_generator(_file(tensors, {**constructor, **change}))
    with pytest.raises(CheckpointError, match=r"called 'fc\.weight'"):
        from_public({"fc.weight": torch.ones(1)})["fc.weight"]
    with pytest.raises(CheckpointError, match="not the weights of a StyleGAN3"):
        options_of({"fc.weight": torch.ones(1)})
    assert nvidia_generator(_file({"synthesis.b4.const": torch.ones(1)}, {})) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resolution": 48}, "power of two"),
        ({"critical": 6}, "critical must be smaller"),
        ({"first_stopband": 1.0}, "above first_cutoff"),
        ({"first_cutoff": 20.0, "first_stopband": 30.0}, "half the resolution"),
        ({"upsampling": 3}, "1, 2 or 4"),
    ],
)
def test_refused_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        StyleGAN3Config(**{**_SMALL, **options})  # type: ignore[arg-type]
