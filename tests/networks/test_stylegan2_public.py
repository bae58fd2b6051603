"""Public weights: how the tensors of both public layouts are called and shaped here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.assembly import Components
from styletalker.core.cli.main import main
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.weights_file.load import load_public
from styletalker.plugins.stylegan2.config import DiscriminatorConfig, StyleGAN2Config
from styletalker.plugins.stylegan2.discriminator import StyleGAN2Discriminator, group_deviation
from styletalker.plugins.stylegan2.families import load_discriminator, write_rosinality
from styletalker.plugins.stylegan2.filters import doubling_filter
from styletalker.plugins.stylegan2.generator import StyleGAN2
from styletalker.plugins.stylegan2.public import from_public, options_of, to_public
from styletalker.plugins.stylegan2.rosinality import as_public, from_public_names
from support.public_files import network_tree, write_network_pickle, write_torch


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
        "classes": 0,
    }
    other.load_state_dict(from_public(public))
    assert torch.equal(other.mapping(z), generator.mapping(z))
    for name, message in (
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
    with pytest.raises(InputError, match=r"one code; expected \[D\], or \[L, D\] with equal rows"):
        as_public(theirs, torch.arange(6.0).reshape(2, 3))
    assert as_public(theirs, torch.ones(18, 3))["mapping.w_avg"].tolist() == [1, 1, 1]


SMALL: dict[str, Any] = {
    "resolution": 32,
    "z_dim": 12,
    "w_dim": 12,
    "mapping_layers": 2,
    "channel_base": 300,  # not a multiple of every size
    "channel_max": 32,
}


def _pickle(path: Path, generator: StyleGAN2, **arguments: Any) -> Path:
    """A generator and a discriminator of its size as NVIDIA's repositories write them."""
    torch.manual_seed(1)
    shape = {"resolution": 32, "channel_base": 300, "channel_max": 32, "group": 2}
    discriminator = StyleGAN2Discriminator(DiscriminatorConfig(**shape))  # type: ignore[arg-type]
    tensors = dict(to_public(generator.state_dict()))
    given = {"img_channels": 3, "conv_clamp": 100, **arguments}
    epilogue = {"epilogue_kwargs": {"mbstd_group_size": 2}, "conv_clamp": None}
    networks = {
        "G_ema": network_tree(tensors, "Generator", given),
        "D": network_tree(dict(discriminator.state_dict()), "Discriminator", epilogue),
    }
    return write_network_pickle(path, networks)


def _generator() -> StyleGAN2:
    torch.manual_seed(0)
    return StyleGAN2(StyleGAN2Config(**SMALL, conv_clamp=100.0)).eval()


@torch.no_grad()
def test_a_recipe_takes_a_public_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options come from the file; others contradict it; the fingerprint is the file's content."""
    monkeypatch.chdir(tmp_path)
    generator, registry = _generator(), Registry.installed()
    _pickle(Path("faces.pkl"), generator)
    recipe_text = "components: {generator: {type: stylegan2, weights: faces.pkl}}\n"
    Path("r.yaml").write_text(recipe_text)
    recipe = read_recipe("r.yaml", registry)
    config: Any = recipe.components["generator"].config
    assert config == StyleGAN2Config(**{**SMALL, "channel_base": 288}, conv_clamp=100.0)
    weights = recipe.components["generator"].weights
    assert weights is not None
    assert weights.family == "stylegan2-nvidia"
    built = Components(recipe.components, registry).get("generator")
    for name, tensor in generator.state_dict().items():
        assert torch.equal(built.state_dict()[name], tensor), name
    override = ["components.generator.w_dim=16"]
    with pytest.raises(Exception, match="w_dim: contradicts the weights; expected 12, got 16"):
        read_recipe("r.yaml", registry, override)
    _pickle(Path("faces.pkl"), generator, architecture="resnet")
    with pytest.raises(Exception, match="another architecture: architecture is 'resnet'"):
        read_recipe("r.yaml", registry)


def test_wrong_files_name_tensors_and_what_they_are(tmp_path: Path) -> None:
    """Another network's file, and one whose layers have another shape."""
    generator, registry = _generator(), Registry.installed()
    tensors = dict(to_public(generator.state_dict()))
    alone = {"D": network_tree({"b4.out.weight": torch.ones(1)}, "D", {})}
    with pytest.raises(CheckpointError) as caught:
        load_public(write_network_pickle(tmp_path / "d.pkl", alone), registry, role="generator")
    assert str(caught.value) == (
        f"{tmp_path}/d.pkl: holds no generator: no installed component knows its tensors, "
        "D.b4.out.weight [1]"
    )
    path = _pickle(tmp_path / "both.pkl", generator)
    with pytest.raises(CheckpointError) as caught:
        load_public(path, registry, role="inverter", component="psp")
    assert str(caught.value).startswith(
        f"{path}: holds nothing for the inverter 'psp': it holds a StyleGAN2 generator as NVIDIA's "
        "repositories publish it (use it as the generator 'stylegan2'); a StyleGAN2 discriminator"
    )
    tensors["synthesis.b8.conv0.weight"] = torch.ones(32, 31, 3, 3)
    path = write_network_pickle(tmp_path / "x.pkl", {"G_ema": network_tree(tensors, "G", {})})
    with pytest.raises(CheckpointError) as caught:
        load_public(path, registry, role="generator")
    assert str(caught.value) == (
        f"{path}: is not for this StyleGAN2: synthesis_network.b8.conv0.weight has the shape "
        "(32, 31, 3, 3) instead of (32, 32, 3, 3)"
    )


@torch.no_grad()
def test_what_rosinality_cannot_hold(tmp_path: Path) -> None:
    """Widths of its own are refused; its own come back bit for bit, and as an encoder's decoder."""
    with pytest.raises(CheckpointError) as caught:
        write_rosinality(_generator())
    assert "cannot hold this one: its channels [32, 32, 18, 9] are neither [512" in str(
        caught.value
    )
    with pytest.raises(CheckpointError, match="it has classes; z_dim 12 is not w_dim 16"):
        write_rosinality(StyleGAN2(StyleGAN2Config(**{**SMALL, "w_dim": 16}, classes=3)))
    generator = StyleGAN2(StyleGAN2Config(**SMALL, conv_clamp=None)).eval()
    decoder = from_public_names(to_public(generator.state_dict()))
    inside = {f"decoder.{name}": tensor for name, tensor in decoder.items()}
    mean = torch.arange(12.0)
    content = {"state_dict": inside, "latent_avg": mean.repeat(8, 1), "opts": {"size": 32}}
    path = write_torch(tmp_path / "e4e.pt", content)
    loaded, fitting = load_public(path, Registry.installed(), role="generator")
    assert fitting.fit.part == "state_dict.decoder"
    assert torch.equal(loaded.mean_ws()[0], mean)
    z = torch.randn(1, 12)
    assert torch.equal(loaded.eval()(z), generator(z))
    drawn, fitting = load_public(
        write_torch(tmp_path / "550000.pt", {"g_ema": decoder}),
        Registry.installed(),
        role="generator",
    )
    assert "no mean code" in fitting.fit.notes[0]
    far = generator.mapping(torch.randn(4000, 12))[:, 0].mean(0)
    assert torch.allclose(drawn.mean_ws()[0], far, atol=0.1)


@torch.no_grad()
def test_labels() -> None:
    """Classes give other codes; none, a wrong shape or an unknown one is said."""
    torch.manual_seed(0)
    config = StyleGAN2Config(**SMALL, classes=3, label=2)
    generator, z = StyleGAN2(config).eval(), torch.randn(2, 12)
    codes = [generator.mapping(z, labels=row.expand(2, 3))[:, 0] for row in torch.eye(3)]
    assert torch.equal(generator.mapping(z)[:, 0], codes[2])
    assert not torch.allclose(codes[0], codes[1], atol=0.1)
    for labels, message in (
        (torch.eye(3), "labels has the wrong shape: axis 2 must be 2"),
        (torch.ones(2, 4), "axis 3 must be 3"),
    ):
        with pytest.raises(InputError, match=message):
            generator.mapping(z, labels=labels)
    with pytest.raises(InputError, match="the generator has no classes"):
        _generator().mapping(z, labels=torch.ones(2, 3))
    with pytest.raises(InputError, match="no such label; expected below the 3 classes, got 3"):
        StyleGAN2(StyleGAN2Config(**SMALL, classes=3, label=3))
    with pytest.raises(InputError, match="no such layer; expected 0 to 8, got 9"):
        generator.mix(torch.ones(1, 8, 12), torch.ones(1, 8, 12), 9)


@torch.no_grad()
def test_group_deviation() -> None:
    """By its definition; image i belongs to group i mod (B / group)."""
    features = torch.randn(6, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    out = group_deviation(features, 3)
    assert torch.equal(out[:, :4], features)
    for i in range(6):
        members = features[i % 2 :: 2]
        expected = members.std(0, unbiased=False).mean()
        assert torch.allclose(out[i, 4], expected.expand(2, 2), atol=1e-6)
    assert torch.equal(group_deviation(features, None), group_deviation(features, 9))
    with pytest.raises(InputError, match=r"the batch is no multiple of the group; expected n \* 4"):
        group_deviation(features, 4)


def test_discriminator() -> None:
    """Shapes, gradients everywhere, and what is said of wrong input."""
    torch.manual_seed(0)
    options: dict[str, Any] = {"resolution": 32, "channel_base": 256, "channel_max": 16}
    discriminator = StyleGAN2Discriminator(DiscriminatorConfig(**options, classes=2))
    images = torch.randn(4, 3, 32, 32)
    logits = discriminator(images, torch.eye(2).repeat(2, 1))
    assert logits.shape == (4, 1)
    logits.sum().backward()
    for name, parameter in discriminator.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name
    with pytest.raises(InputError, match="needs labels: it has 2 classes"):
        discriminator(images)
    plain = StyleGAN2Discriminator(DiscriminatorConfig(**options))
    with pytest.raises(InputError, match="takes no labels: it has 0 classes"):
        plain(images, torch.eye(2).repeat(2, 1))
    with pytest.raises(InputError, match="images has the wrong shape"):
        plain(images[..., :16])


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    return int(caught.value.code or 0)


@torch.no_grad()
def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inspect, convert there and back, list."""
    monkeypatch.chdir(tmp_path)
    generator = _generator()
    _pickle(Path("stylegan2-ffhq-256x256.pkl"), generator)
    source = "stylegan2-ffhq-256x256.pkl"
    assert _run("weights", "inspect", source, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["layout"] == "network-pickle"
    assert facts["networks"]["G_ema"]["arguments"]["conv_clamp"] == 100
    held = {one["family"]: one for one in facts["holds"]}
    assert held["stylegan2-nvidia"]["component"] == "stylegan2"
    assert held["stylegan2-nvidia"]["options"]["resolution"] == 32
    assert held["stylegan2-nvidia-discriminator"]["options"]["group"] == 2
    assert {"name": "G_ema.mapping.w_avg", "shape": [12], "dtype": "float32"} in facts["tensors"]
    assert _run("weights", "inspect", source) == 0
    shown = capsys.readouterr().out
    assert "StyleGAN2 generator, 32 px, 8 rows of 12" in shown
    assert "no commercial use" in shown
    assert "more; --all shows them" in shown

    assert _run("weights", "convert", source, "-o", "g.safetensors") == 0
    said = capsys.readouterr()
    assert said.out == "g.safetensors\n"
    assert "licence: NVIDIA Source Code License" in said.err
    about = json.loads(Path("g.json").read_text())
    assert (about["role"], about["type"]) == ("generator", "stylegan2")
    assert about["source"] | {"sha256": ""} == {
        "file": source,
        "sha256": "",
        "layout": "network-pickle",
        "family": "stylegan2-nvidia",
        "licence": "NVIDIA Source Code License: research and evaluation, no commercial use",
        "preprocessing": "RGB in -1 to 1; FFHQ weights show faces aligned as FFHQ aligns them",
        "purpose": "faces (FFHQ), 256 px, StyleGAN2",
        "published": "https://catalog.ngc.nvidia.com/orgs/nvidia/teams/research/models/stylegan2",
        "part": "G_ema",
        "architecture": about["source"]["architecture"],
    }
    assert about["source"]["sha256"] == facts["sha256"]
    Path("r.yaml").write_text(
        "components: {generator: {type: stylegan2, weights: g.safetensors}}\n"
    )
    registry = Registry.installed()
    built = Components(read_recipe("r.yaml", registry).components, registry).get("generator")
    z = torch.randn(1, 12)
    assert torch.equal(built.eval()(z), generator(z))

    assert _run("weights", "convert", "g.safetensors", "-o", "g.pt") == 6
    assert "cannot hold this one: its channels" in capsys.readouterr().err
    family = "stylegan2-nvidia-discriminator"
    assert _run("weights", "convert", source, "-o", "d.safetensors", "--family", family) == 0
    assert json.loads(Path("d.json").read_text())["family"] == family
    assert load_discriminator("d.safetensors").config.resolution == 32
    assert _run("weights", "convert", source, "-o", "all.safetensors", "--as-is") == 0
    assert load_public("all.safetensors", registry, role="generator")[1].fit.part == "G_ema"
    capsys.readouterr()
    wrong = ("-o", "x.safetensors", "--family", "stylegan2-nvida")
    assert _run("weights", "convert", source, *wrong) == 2
    assert "did you mean 'stylegan2" in capsys.readouterr().err

    Path("evil.pkl").write_bytes(b"\x80\x04cos\nsystem\n.")
    assert _run("weights", "inspect", "evil.pkl") == 6
    assert capsys.readouterr().err == (
        "toolkit: evil.pkl: is refused: it names os.system, and only names of tensors and layers "
        "are allowed\n"
    )
    assert _run("weights", "list", "--json") == 0
    known = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert known[source]["found"] == source
    assert known["stylegan2-ffhq-config-f.pt"]["found"] is None
    assert all(one["licence"] and one["source"].startswith("https://") for one in known.values())
    monkeypatch.setenv("STYLETALKER_WEIGHTS", str(tmp_path))
    monkeypatch.chdir("/")
    assert _run("weights", "list") == 0
    assert str(tmp_path / source) in capsys.readouterr().out
