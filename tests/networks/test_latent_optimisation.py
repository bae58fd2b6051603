"""The inverters ``optimize`` and ``pti``: how near they come, and what they leave alone."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion
from styletalker.plugins.common.identity import IdentityNetwork
from styletalker.plugins.latent_optimisation.config import OptimizeConfig, PTIConfig
from styletalker.plugins.latent_optimisation.delta import apply_delta, save_delta
from styletalker.plugins.latent_optimisation.likeness import Likeness, read_identity
from styletalker.plugins.latent_optimisation.noise import correlation, noise_maps, normalise_
from styletalker.plugins.latent_optimisation.optimize import Optimize
from styletalker.plugins.latent_optimisation.pti import PTI
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.generator import StyleGAN2
from torch import Tensor

_SIZES = {"resolution": 32, "num_ws": 8, "w_dim": 8}


def _generator() -> StyleGAN2:
    torch.manual_seed(0)
    config = StyleGAN2Config(
        resolution=32, z_dim=8, w_dim=8, mapping_layers=2, channel_base=512, channel_max=16
    )
    generator = StyleGAN2(config).eval()
    with torch.no_grad():
        generator.follow_mean(generator.mapping(torch.randn(256, 8)), momentum=0.0)
        for name, parameter in generator.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.1)
    return generator


@torch.no_grad()
def _portrait(generator: Generator, seed: int = 3) -> Tensor:
    """An image that the generator can make, of a code of its own."""
    z = torch.randn(1, 8, generator=torch.Generator().manual_seed(seed))
    return generator.synthesis(generator.mapping(z))


def _optimize(**options: Any) -> Optimize:
    given = {"steps": 60, "samples": 128, **options}
    return Optimize(OptimizeConfig(**given), **_SIZES)


def _pti(**options: Any) -> PTI:
    tuning = {"tuning_steps": 60, "tuning_rate": 0.01, "locality_distance": 3.0}
    given = {"steps": 30, "samples": 128, **tuning, **options}
    return PTI(PTIConfig(**given), **_SIZES)


@torch.no_grad()
def _psnr(inversion: Any, image: Tensor) -> float:
    """Peak signal to noise in dB, of images whose range is that of the target."""
    found = inversion.generator.synthesis(inversion.ws)
    span = image.max() - image.min()
    return float(20 * torch.log10(span / (found - image).square().mean().sqrt()))


def _state(generator: Generator) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in generator.state_dict().items()}


def _untouched(generator: Generator, before: dict[str, Tensor]) -> bool:
    same = all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())
    return same and all(parameter.grad is None for parameter in generator.parameters())


@pytest.mark.parametrize(("space", "decibels"), [("w", 20.0), ("wplus", 20.0)])
def test_optimize_finds_a_code(space: str, decibels: float) -> None:
    """The loss falls to an eighth, and the image comes near; the generator stays as it was."""
    generator = _generator()
    image, before = _portrait(generator), _state(generator)
    inverter = _optimize(space=space)
    with torch.no_grad():  # as the command line calls it
        found, _ = inverter.search(image, generator)
        inversion = Inversion(ws=found.ws, generator=generator)
    assert found.losses.shape == (60, 1)
    assert found.losses[-1].item() < found.losses[0].item() / 8
    assert _psnr(inversion, image) > decibels
    assert _untouched(generator, before)
    rows_differ = bool((inversion.ws - inversion.ws[:, :1]).abs().max() > 1e-3)
    assert rows_differ is (space == "wplus")
    assert not inverter.state_dict()


def test_images_of_a_batch_are_searched_alone() -> None:
    """A code does not depend on the other images."""
    generator, inverter = _generator(), _optimize(steps=6)
    images = torch.cat([_portrait(generator, seed) for seed in (3, 4)])
    together = inverter.invert(images, generator).ws
    alone = inverter.invert(images[1:], generator).ws
    assert torch.allclose(together[1:], alone, atol=0.02)
    assert not torch.allclose(together[:1], alone, atol=0.2)


@torch.no_grad()
def test_searches_repeat_themselves() -> None:
    """The same image gets the same code, under the generator that was given."""
    generator = _generator()
    image = _portrait(generator)
    one, other = (_optimize(steps=4).invert(image, generator) for _ in range(2))
    assert torch.equal(one.ws, other.ws)
    assert one.generator is generator
    another = _optimize(steps=4, seed=1).invert(image, generator)
    assert not torch.equal(one.ws, another.ws)


def test_start() -> None:
    """A search begins where it is told to; no step stays there; closeness holds it there."""
    generator = _generator()
    image = _portrait(generator)
    start = generator.mapping(torch.ones(1, 8)).detach()
    assert torch.equal(_optimize(steps=0).invert(image, generator, start=start).ws, start)
    free, held = (
        (_optimize(steps=20, closeness=weight).invert(image, generator, start=start).ws - start)
        .square()
        .mean()
        .item()
        for weight in (0.0, 10.0)
    )
    assert held < free / 10
    with pytest.raises(InputError, match="start has the wrong shape"):
        _optimize().invert(image, generator, start=start[:, :3])


def test_noise_maps_are_searched_in_a_copy() -> None:
    """A picture whose noise is another is hit better; the copy has the maps, the given one not."""
    generator, painter = _generator(), _generator()
    for value in noise_maps(painter).values():
        value.copy_(torch.randn(value.shape, generator=torch.Generator().manual_seed(9)))
    for name, parameter in (*generator.named_parameters(), *painter.named_parameters()):
        if name.endswith("noise_strength"):
            parameter.data.fill_(0.5)
    image, before = _portrait(painter), _state(generator)
    fixed = _optimize(steps=40).invert(image, generator)
    searched = _optimize(steps=40, noise_maps="searched", noise_penalty=1.0).invert(
        image, generator
    )
    assert _psnr(searched, image) > _psnr(fixed, image) + 2
    assert searched.generator is not generator
    assert searched.generator.get_parameter("mapping_network.fc0.weight").requires_grad
    assert _untouched(generator, before)
    for name, value in noise_maps(searched.generator).items():
        assert not torch.equal(value, before[name])
        assert value.mean().item() == pytest.approx(0, abs=1e-5)
        assert value.square().mean().item() == pytest.approx(1, abs=1e-4)
    with pytest.raises(InputError, match=r"expected B = 1, got 2"):
        _optimize(noise_maps="searched").invert(image.repeat(2, 1, 1, 1), generator)


def test_noise_penalty() -> None:
    """Near 0 for noise, large for structure, at every size."""
    noise = {"a": torch.randn(64, 64, generator=torch.Generator().manual_seed(0))}
    assert correlation(noise).item() < 0.1
    smooth = torch.nn.functional.avg_pool2d(noise["a"][None], 3, 1, 1)[0]
    blocks = noise["a"][::8, ::8].repeat_interleave(8, 0).repeat_interleave(8, 1)
    for value in (smooth, blocks):
        maps = {"a": value.clone()}
        normalise_(maps)
        assert correlation(maps).item() > 0.5
    assert correlation({}).item() == 0


def test_pti_hits_the_portrait_and_keeps_the_rest(tmp_path: Path) -> None:
    """Tuning gains decibels; other images hardly change; the file brings the copy back."""
    generator = _generator()
    # Nothing this generator can make: a portrait of another one.
    torch.manual_seed(5)
    image = torch.nn.functional.interpolate(torch.randn(1, 3, 4, 4), 32, mode="bicubic").tanh()
    before = _state(generator)
    inverter = _pti()
    pivot, _ = inverter.search(image, generator)
    tuned = _pti(steps=0).invert(image, generator, start=pivot.ws)
    first = type(tuned)(ws=pivot.ws, generator=generator)
    assert torch.equal(tuned.ws, pivot.ws)
    assert _psnr(tuned, image) > _psnr(first, image) + 10
    assert _psnr(tuned, image) > 22
    assert _untouched(generator, before)
    assert tuned.generator is not generator
    assert not tuned.generator.training
    assert all(parameter.grad is None for parameter in tuned.generator.parameters())

    codes = generator.mapping(torch.randn(8, 8, generator=torch.Generator().manual_seed(8)))
    with torch.no_grad():
        change = (tuned.generator.synthesis(codes) - generator.synthesis(codes)).square().mean()
        loose = _pti(steps=0, locality=0.0).invert(image, generator, start=pivot.ws)
        more = (loose.generator.synthesis(codes) - generator.synthesis(codes)).square().mean()
    assert change < more, "the locality loss does nothing"

    path = tmp_path / "portrait.safetensors"
    save_delta(path, base=generator, tuned=tuned.generator, ws=tuned.ws)
    again, ws = apply_delta(path, generator)
    assert ws is not None
    assert torch.equal(ws, tuned.ws)
    stored = type(tuned)(ws=ws, generator=again)
    assert abs(_psnr(stored, image) - _psnr(tuned, image)) < 0.1
    full = sum(value.numel() * 4 for value in generator.state_dict().values())
    assert path.stat().st_size < 0.75 * full
    with pytest.raises(CheckpointError, match="belongs to another generator"):
        apply_delta(path, tuned.generator)
    assert _untouched(generator, before)


def test_delta_of_low_rank(tmp_path: Path) -> None:
    """A change of rank 1 is kept by two thin factors; what did not change is not written."""
    base = _generator()
    tuned = copy.deepcopy(base)
    name = "synthesis_network.b32.conv1.weight"
    weight = tuned.get_parameter(name)
    change = torch.outer(torch.randn(len(weight)), torch.randn(weight[0].numel()))
    with torch.no_grad():
        weight.add_(0.01 * change.reshape(weight.shape))
    path, whole = tmp_path / "low.safetensors", tmp_path / "whole.safetensors"
    save_delta(path, base=base, tuned=tuned, rank=1)
    save_delta(whole, base=base, tuned=tuned)
    assert path.stat().st_size < whole.stat().st_size
    again, ws = apply_delta(path, base)
    assert ws is None
    assert (again.get_parameter(name) - weight).abs().max().item() < 1e-4
    assert (base.get_parameter(name) - weight).abs().max().item() > 1e-3
    with pytest.raises(InputError, match="no such rank"):
        save_delta(path, base=base, tuned=tuned, rank=0)
    other = StyleGAN2(StyleGAN2Config(resolution=32, channel_base=256, channel_max=4))
    with pytest.raises(InputError, match="not a copy of the base"):
        save_delta(path, base=base, tuned=other)


def test_pti_takes_one_image() -> None:
    with pytest.raises(InputError, match=r"one at a time; expected B = 1, got 2"):
        _pti().invert(torch.zeros(2, 3, 32, 32), _generator())


def test_tracking_follows_frames() -> None:
    """Codes of frames under the portrait's generator: nearer to each frame than the portrait."""
    generator = _generator()
    image = _portrait(generator)
    inverter = _pti(steps=20, tuning_steps=5, seed=1)
    portrait = inverter.invert(image, generator)
    frames = torch.stack([_portrait(generator, seed) for seed in (4, 5, 6)], 1)  # [1, 3, ...]
    codes = inverter.track(frames, portrait)
    assert codes.shape == (1, 3, 8, 8)
    with torch.no_grad():
        shown = portrait.generator.synthesis(codes[0])
        still = portrait.generator.synthesis(portrait.ws)
    assert (shown - frames[0]).square().mean() < 0.5 * (still - frames[0]).square().mean()


def test_loss_is_what_is_given(tmp_path: Path) -> None:
    """Pixels, a perceptual distance and an identity network, each with its weight."""
    config = OptimizeConfig(pixel=2.0, perceptual=3.0, identity=5.0)
    one, other = torch.zeros(2, 3, 16, 16), torch.ones(2, 3, 16, 16)
    assert Likeness(config)(one, other).tolist() == [2, 2]
    with_distance = Likeness(config, perceptual=lambda a, b: (a - b).abs().amax((1, 2, 3)))
    assert with_distance(one, other).tolist() == [5, 5]
    torch.manual_seed(0)
    network = (
        IdentityNetwork(width=2, blocks=(1, 1, 1, 1), dim=4)
        .eval()
        .requires_grad_(requires_grad=False)
    )
    path = tmp_path / "model_ir_se50.pth"
    torch.save(network.state_dict(), path)
    read = read_identity(path)
    assert read is not None
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    cosine = (network(images) * network(images.flip(0))).sum(1)
    expected = 2 * (images - images.flip(0)).square().mean((1, 2, 3)) + 5 * (1 - cosine)
    assert torch.allclose(Likeness(config, identity=read)(images, images.flip(0)), expected)
    inverter = Optimize(OptimizeConfig(identity_weights=path), **_SIZES)
    assert inverter.likeness.identity is not None
    assert not inverter.state_dict(), "the identity network is not the inverter's"
    torch.save({"a": torch.ones(1)}, path)
    with pytest.raises(CheckpointError, match=r"model_ir_se50\.pth: these are not the weights"):
        read_identity(path)
