"""``stylegan2`` against numbers of the public implementations, through files in their layouts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.registry import Registry
from styletalker.core.weights_file.load import load_public
from styletalker.plugins.stylegan2.families import load_discriminator, write_rosinality
from styletalker.plugins.stylegan2.generator import StyleGAN2
from support.public_files import network_tree, write_network_pickle, write_torch
from support.stylegan_cases import Case
from torch import Tensor


def _load(path: Path) -> StyleGAN2:
    generator, fitting = load_public(path, Registry.installed(), role="generator")
    assert isinstance(generator, StyleGAN2)
    assert (fitting.family.role, fitting.family.component) == ("generator", "stylegan2")
    return generator.eval()


def _from_pickle(case: Case, folder: Path, protocol: int) -> StyleGAN2:
    """The case as NVIDIA publishes networks; the one that is trained has other numbers."""
    tensors, arguments = case.tensors(), case.facts["constructor"]
    networks = {
        "G": network_tree({n: t + 1 for n, t in tensors.items()}, "Generator", arguments),
        "G_ema": network_tree(tensors, "Generator", arguments),
    }
    generator = _load(write_network_pickle(folder / "network.pkl", networks, protocol))
    assert not (folder / "executed").exists()
    config = generator.config
    assert config.conv_clamp == arguments.get("conv_clamp")
    assert config.channel_base <= arguments["channel_base"]
    assert (config.resolution, config.classes) == (
        arguments["img_resolution"],
        arguments["c_dim"],
    )
    return generator


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "protocol"),
    [("sg2nv_g32_small", 3), ("sg2nv_g32_cond_clamp", 4), ("sg2nv_g256_slim", 4)],
)
def test_gives_the_public_numbers(
    name: str, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All outputs: codes, images, W+, truncation, cutoff, no noise; labels and a low clamp."""
    monkeypatch.chdir(tmp_path)
    case = Case(name)
    generator, z = _from_pickle(case, tmp_path, protocol), case.input("z")
    more: dict[str, Any] = {"labels": case.input("c")} if generator.config.classes else {}
    ws = generator.mapping(z, **more)
    truncated = generator.mapping(z, truncation=0.7, **more)
    cut = generator.mapping(z, truncation=0.5, cutoff=4, **more)
    case.compare(
        {
            "ws_row0": ws[:, 0],
            "img": generator.synthesis(ws),
            "img_wplus": generator.synthesis(case.input("wplus")),
            "ws_psi0.7_row0": truncated[:, 0],
            "img_psi0.7": generator.synthesis(truncated),
            "img_psi0.5_cutoff4": generator.synthesis(cut),
            "img_noise_none": generator.synthesis(ws, noise="none"),
        }
    )


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "zip_file"), [("rosinality_g32", True), ("rosinality_g64_w64", False)]
)
def test_gives_the_numbers_of_the_other_layout(name: str, zip_file: bool, tmp_path: Path) -> None:
    """All outputs; and the same bits again from a file that was written here."""
    case = Case(name)
    mean = case.input("latent_avg").reshape(-1)
    content: dict[str, Any] = {"g_ema": case.tensors(), "latent_avg": mean}
    generator = _load(write_torch(tmp_path / "g.pt", content, zip_file=zip_file))
    assert generator.config.conv_clamp is None
    z, z2 = case.input("z"), case.input("z2")
    ws = generator.mapping(z)
    image = generator.synthesis(ws)
    case.compare(
        {
            "w": ws[:, 0],
            "img": image,
            "img_wplus": generator.synthesis(case.input("wplus")),
            "img_psi0.7": generator.synthesis(generator.mapping(z, truncation=0.7)),
            "img_mix3": generator.synthesis(generator.mix(ws, generator.mapping(z2), 3)),
        }
    )
    written = write_rosinality(generator)
    assert set(written["g_ema"]) == set(content["g_ema"])
    for key, tensor in case.tensors().items():
        assert torch.equal(written["g_ema"][key], tensor), key
    assert torch.equal(written["latent_avg"], content["latent_avg"])


@torch.no_grad()
@pytest.mark.parametrize("name", ["sg2nv_d32_small", "sg2nv_d64_cond_group2"])
def test_discriminators_give_the_public_numbers(name: str, tmp_path: Path) -> None:
    """Logits, with and without labels, in groups of two and four."""
    case = Case(name)
    network = network_tree(case.tensors(), "Discriminator", case.facts["constructor"])
    path = write_network_pickle(tmp_path / "network.pkl", {"D": network})
    discriminator = load_discriminator(path).eval()
    labels = (case.input("c"),) if discriminator.config.classes else ()
    case.compare({"logits": discriminator(case.input("img"), *labels)})


@torch.no_grad()
def test_the_other_discriminator_gives_the_public_numbers(tmp_path: Path) -> None:
    """From a training's checkpoint, which keeps its options beside the networks."""
    case = Case("rosinality_d32")
    options = argparse.Namespace(size=32, channel_multiplier=2)
    content: dict[str, Any] = {"d": case.tensors(), "args": options, "ada_aug_p": 0.0}
    discriminator = load_discriminator(write_torch(tmp_path / "550000.pt", content)).eval()
    assert (discriminator.config.group, discriminator.config.conv_clamp) == (4, None)
    case.compare({"logits": discriminator(case.input("img"))})
    assert isinstance(discriminator(torch.zeros(2, 3, 32, 32)), Tensor)
