"""Public weights: how the tensors of both public layouts are called and shaped here."""

from __future__ import annotations

import pytest
import torch
from styletalker.core.errors import CheckpointError, InputError
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.filters import doubling_filter
from styletalker.plugins.stylegan2.generator import StyleGAN2
from styletalker.plugins.stylegan2.public import from_public, options_of
from styletalker.plugins.stylegan2.rosinality import as_public


def test_public_names() -> None:
    """Public weights are renamed and recognised; those of other networks are refused."""
    torch.manual_seed(0)
    config = StyleGAN2Config(
        resolution=32, z_dim=12, w_dim=16, mapping_layers=2, channel_base=512, channel_max=32
    )
    generator, z = StyleGAN2(config), torch.randn(1, 12)
    public = {
        name.replace("_network", "", 1): value for name, value in generator.state_dict().items()
    }
    assert "synthesis.b4.const" in public
    assert "synthesis.b32.conv0.affine.bias" in public
    assert "mapping.fc1.weight" in public
    assert "mapping.w_avg" in public
    public["synthesis.b8.resample_filter"] = doubling_filter() / 4
    other = StyleGAN2(StyleGAN2Config(**options_of(public)))
    assert options_of(public) == {
        "resolution": 32,
        "z_dim": 12,
        "w_dim": 16,
        "mapping_layers": 2,
        "channel_base": 512,
        "channel_max": 32,
    }
    other.load_state_dict(from_public(public))
    assert torch.equal(other.mapping(z), generator.mapping(z))
    for name, message in (
        ("mapping.embed.weight", "class labels"),
        ("synthesis.b8.conv0.resample_filter", r"\[1, 3, 3, 1\]"),
        ("input.affine.weight", "called 'input.affine.weight'"),
    ):
        with pytest.raises(CheckpointError, match=message):
            from_public({**public, name: torch.ones(4, 4)})
    with pytest.raises(CheckpointError, match="not the weights"):
        options_of({"fc.weight": torch.ones(1)})


def test_names_of_the_other_layout() -> None:
    """Where rosinality's tensors go, and which shapes they have there."""
    theirs = {
        "style.1.weight": torch.ones(3, 3),
        "input.input": torch.ones(1, 2, 4, 4),
        "conv1.noise.weight": torch.ones(1),
        "to_rgb1.bias": torch.ones(1, 3, 1, 1),
        "convs.2.conv.weight": torch.ones(1, 2, 2, 3, 3),
        "convs.3.conv.modulation.bias": torch.ones(2),
        "convs.4.conv.blur.kernel": doubling_filter(),
        "to_rgbs.1.conv.weight": torch.ones(1, 3, 2, 1, 1),
        "noises.noise_0": torch.ones(1, 1, 4, 4),
        "noises.noise_3": torch.ones(1, 1, 16, 16),
    }
    found = {
        name: tuple(value.shape) for name, value in as_public(theirs, torch.ones(1, 3)).items()
    }
    assert found == {
        "mapping.w_avg": (3,),
        "mapping.fc0.weight": (3, 3),
        "synthesis.b4.const": (2, 4, 4),
        "synthesis.b4.conv1.noise_strength": (),
        "synthesis.b4.torgb.bias": (3,),
        "synthesis.b16.conv0.weight": (2, 2, 3, 3),
        "synthesis.b16.conv1.affine.bias": (2,),
        "synthesis.b32.conv0.resample_filter": (4, 4),
        "synthesis.b16.torgb.weight": (3, 2, 1, 1),
        "synthesis.b4.conv1.noise_const": (4, 4),
        "synthesis.b16.conv0.noise_const": (16, 16),
    }
    with pytest.raises(CheckpointError, match=r"called 'final_linear\.0\.weight'"):
        as_public({"final_linear.0.weight": torch.ones(1)}, torch.ones(3))
    with pytest.raises(InputError, match=r"one code; expected \[D\] or \[1, D\]"):
        as_public(theirs, torch.ones(18, 3))
