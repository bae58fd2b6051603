"""Trained talkers: folders, runs, and what the installed components bring."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import torch
from styletalker.core.assembly import Components
from styletalker.core.checkpoint import load_checkpoint, save_checkpoint
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import CheckpointError, InputError, PluginError, RunError
from styletalker.core.pretrained import PretrainedTalker, builtin_talkers, load_talker_components
from styletalker.core.registry import Registry
from styletalker.core.talker_folder import TALKER_ROLES, save_talker
from styletalker.plugins import (
    autoregressive_prior,
    conditional_sequential,
    contrastive_sync,
    mel,
    psp,
    stylegan2,
)
from torch import nn

Parts = dict[str, tuple[nn.Module, str, Mapping[str, Any]]]

PLUGINS = (autoregressive_prior, conditional_sequential, contrastive_sync, mel, psp, stylegan2)
PACKAGE = "talker_weights"


def registry_of(**pretrained: Mapping[str, str]) -> Registry:
    """One component per role, with the weights that are said for each role."""
    records = [record for plugin in PLUGINS for record in plugin.styletalker_components()]
    return Registry.of(
        *(
            attrs.evolve(record, pretrained=pretrained.get(record.role, {}))
            for record in records
            if record.name not in ("autoregressive_gaussian", "autoregressive_mixture")
        )
    )


def parts_of(registry: Registry, seed: int = 0) -> Parts:
    """A tiny talker with random weights, as a training stage would have it."""
    torch.manual_seed(seed)
    structurer = Structurer(registry)
    chosen = {
        offer.component.role: Chosen(
            role=offer.component.role,
            type=offer.component.name,
            config=structurer.structure(dict(offer.component.smoke), offer.component.config),
        )
        for offer in registry.offers()
    }
    components = Components(chosen, registry)
    return {
        role: (components.get(role), one.type, structurer.plain(one.config))  # type: ignore[call-overload]
        for role, one in chosen.items()
    }


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_of()


@pytest.fixture(scope="module")
def parts(registry: Registry) -> Parts:
    return parts_of(registry)


@pytest.fixture
def folder(parts: Parts, tmp_path: Path) -> Path:
    path = tmp_path / "alice"
    save_talker(path, parts, name="Alice", step=9, card={"text": "She speaks.", "clips": 3})
    return path


def assert_same(talker: PretrainedTalker, parts: Parts, tolerance: float = 0.0) -> None:
    assert set(talker.roles) == set(parts)
    for role, (module, _, _) in parts.items():
        found = talker.get(role).state_dict()  # type: ignore[call-overload]
        for name, tensor in module.state_dict().items():
            assert found[name].dtype is tensor.dtype
            error = (found[name] - tensor).abs() - tolerance * tensor.abs()
            assert error.max().item() <= tolerance, f"{role} {name}"


def test_round_trip(folder: Path, parts: Parts, registry: Registry) -> None:
    talker = load_talker_components(folder, registry)
    assert_same(talker, parts)
    assert (talker.name, talker.source) == ("Alice", str(folder))
    facts = talker.facts
    assert (facts["fps"], facts["sample_rate"], facts["resolution"]) == (25, 16000, 32)
    assert facts["card"] == {"text": "She speaks.", "clips": 3}
    assert facts["components"]["prior"]["type"] == "autoregressive_flow"
    assert talker.digests == {r: e["sha256"] for r, e in facts["components"].items()}
    assert talker.get("prior").motion_dim == talker.get("motion_vae").motion_dim
    names = [f"{role}{suffix}" for role in parts for suffix in (".json", ".safetensors")]
    assert sorted(file.name for file in folder.iterdir()) == sorted([*names, "talker.json"])
    assert json.loads((folder / "prior.json").read_text())["step"] == 9
    assert [file.name for file in folder.parent.iterdir()] == ["alice"]


def test_half_precision(parts: Parts, registry: Registry, tmp_path: Path, folder: Path) -> None:
    save_talker(tmp_path / "half", parts, name="half", dtype="float16")
    assert_same(load_talker_components(tmp_path / "half", registry), parts, tolerance=2.0**-11)
    sizes = [
        (path / "generator.safetensors").stat().st_size for path in (folder, tmp_path / "half")
    ]
    assert sizes[1] < 0.65 * sizes[0]


def test_a_talker_is_replaced_as_a_whole_or_not_at_all(
    folder: Path, registry: Registry, parts: Parts
) -> None:
    other = parts_of(registry, seed=5)
    del other["sync_discriminator"]
    save_talker(folder, other, name="Bob")
    talker = load_talker_components(folder, registry)
    assert talker.name == "Bob"
    assert_same(talker, other)
    assert not (folder / "sync_discriminator.json").exists()
    broken = parts_of(registry, seed=6)
    with torch.no_grad():
        next(iter(broken["prior"][0].parameters())).fill_(float("nan"))
    with pytest.raises(CheckpointError, match=r"holds values that are not finite; nothing was"):
        save_talker(folder, broken, name="Eve")
    assert_same(load_talker_components(folder, registry), other)
    assert [file.name for file in folder.parent.iterdir()] == ["alice"]


def test_other_folders_are_left_alone(parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("precious")
    for name in ("thesis", "thesis/chapter.txt"):
        with pytest.raises(RunError, match="is not empty and not a talker; choose another folder"):
            save_talker(tmp_path / name, parts, name="Alice")
    with pytest.raises(RunError, match="cannot be written: "):
        save_talker(tmp_path / "thesis/chapter.txt/alice", parts, name="Alice")
    assert (tmp_path / "thesis/chapter.txt").read_text() == "precious"
    (tmp_path / "empty").mkdir()
    save_talker(tmp_path / "empty", parts, name="Alice")
    assert (tmp_path / "empty/talker.json").is_file()


def test_a_talker_must_be_whole_and_fit(parts: Parts, tmp_path: Path) -> None:
    lacking = {role: part for role, part in parts.items() if role not in ("prior", "inverter")}
    with pytest.raises(InputError) as caught:
        save_talker(tmp_path / "a", lacking, name="a")
    assert str(caught.value) == (
        "a talker needs generator, inverter, audio_encoder, motion_vae, prior; missing: inverter, "
        "prior"
    )
    generator = nn.Module()
    generator.resolution, generator.num_ws, generator.w_dim = 32, 9, 16  # type: ignore[assignment]
    misfit = {**parts, "generator": (generator, "stylegan2", {})}
    with pytest.raises(InputError) as caught:
        save_talker(tmp_path / "a", misfit, name="a")
    assert str(caught.value) == "the inverter was made for num_ws 8, and the generator has 9"
    assert not (tmp_path / "a").exists()


def refused(source: Path | str, registry: Registry, error: type[Exception]) -> str:
    with pytest.raises(error) as caught:
        load_talker_components(source, registry)
    return str(caught.value)


def edit(folder: Path, role: str | None = None, **changes: Any) -> None:
    """Change ``talker.json``, or what it says about a role; None removes."""
    path = folder / "talker.json"
    facts = json.loads(path.read_text())
    target = facts if role is None else facts["components"][role]
    target.update(changes)
    for key in [key for key, value in target.items() if value is None]:
        del target[key]
    path.write_text(json.dumps(facts))


def test_what_is_no_talker(tmp_path: Path, registry: Registry) -> None:
    fix = "Give a talker's folder, a run directory or builtin:NAME."
    (tmp_path / "file").write_text("")
    assert (
        refused(tmp_path / "none", registry, InputError)
        == f"{tmp_path}/none: no such folder. {fix}"
    )
    text = refused(tmp_path / "file", registry, InputError)
    assert text == f"{tmp_path}/file: is a file, not a talker's folder. {fix}"
    assert refused(tmp_path, registry, InputError) == f"{tmp_path}: has no talker.json. {fix}"


@pytest.mark.parametrize(
    ("role", "changes", "message"),
    [
        (
            None,
            {"components": None},
            "talker.json: does not describe a talker: it has no components",
        ),
        (
            None,
            {"components": [1]},
            "talker.json: does not describe a talker: it has no components",
        ),
        (
            None,
            {"format": 2},
            "talker.json: was written by another version of styletalker (format 2, this one "
            "reads 1)",
        ),
        (
            None,
            {"components": {"generator": {}, "prior": {}}},
            "talker.json: is not a talker of this version: it lacks inverter, audio_encoder, "
            "motion_vae",
        ),
        (
            None,
            {"components": {**{role: {} for role in TALKER_ROLES}, "drummer": {}}},
            "talker.json: is not a talker of this version: it has a strange 'drummer'",
        ),
        ("prior", {"type": None}, "talker.json: prior: does not say type and options"),
        (
            "prior",
            {"file": "../prior.safetensors"},
            "talker.json: prior: the file must be a .safetensors file in the folder, not "
            "'../prior.safetensors'",
        ),
        ("prior", {"file": "gone.safetensors"}, "gone.safetensors: no such file"),
        (
            "prior",
            {"sha256": "0"},
            "prior.safetensors: does not match its checksum in talker.json",
        ),
        (
            "prior",
            {"type": "autoregressive_gaussian"},
            "talker.json: prior: says something else than the file beside prior.safetensors",
        ),
        (
            "prior",
            {"options": {}},
            "talker.json: prior: says something else than the file beside prior.safetensors",
        ),
    ],
)
def test_a_talker_that_is_wrong(
    folder: Path, registry: Registry, role: str | None, changes: dict[str, Any], message: str
) -> None:
    edit(folder, role, **changes)
    assert refused(folder, registry, CheckpointError) == f"{folder}/{message}"


def test_damaged_files(folder: Path, registry: Registry) -> None:
    path = folder / "prior.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    talker = load_talker_components(folder, registry)
    assert talker.get("generator").resolution == 32
    with pytest.raises(CheckpointError, match=r"does not match its checksum in prior\.json"):
        talker.get("prior")
    (folder / "talker.json").write_text('{"form')
    assert "talker.json: cannot be read: " in refused(folder, registry, CheckpointError)


def test_values_that_are_not_finite(folder: Path, registry: Registry) -> None:
    path = folder / "prior.safetensors"
    tensors = dict(load_checkpoint(path).tensors)
    name = next(iter(tensors))
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    facts = json.loads(path.with_suffix(".json").read_text())
    kept = {key: facts[key] for key in ("role", "type", "options", "sizes")}
    save_checkpoint(path, tensors, **kept)
    edit(folder, "prior", sha256=json.loads(path.with_suffix(".json").read_text())["sha256"])
    with pytest.raises(CheckpointError) as caught:
        load_talker_components(folder, registry).get("prior")
    assert str(caught.value) == f"{path}: {name} holds values that are not finite"


def test_components_that_are_not_installed_or_have_changed(
    folder: Path, registry: Registry
) -> None:
    with pytest.raises(PluginError, match=r"no such generator: 'stylegan2'\. None is installed"):
        load_talker_components(folder, Registry.of())
    for file in ("talker.json", "generator.json"):
        facts = json.loads((folder / file).read_text())
        part = facts["components"]["generator"] if file == "talker.json" else facts
        part["options"]["w_dimension"] = 3
        (folder / file).write_text(json.dumps(facts))
    assert refused(folder, registry, CheckpointError) == (
        f"{folder}/talker.json: generator: not options of the generator 'stylegan2': w_dimension: "
        "unknown key; did you mean 'w_dim'?"
    )


def test_a_role_it_does_not_have(parts: Parts, registry: Registry, tmp_path: Path) -> None:
    fewer = {role: parts[role] for role in TALKER_ROLES}
    save_talker(tmp_path / "a", fewer, name="a")
    talker = load_talker_components(str(tmp_path / "a"), registry)
    with pytest.raises(CheckpointError) as caught:
        talker.get("sync_discriminator")
    assert str(caught.value) == (
        f"{tmp_path}/a: this talker has no sync discriminator; it has generator, inverter, "
        "audio_encoder, motion_vae, prior"
    )


def run_of(path: Path, **states: dict[str, Any]) -> Path:
    """A run directory with stages in these states."""
    path.mkdir()
    (path / "run.json").write_text("{}")
    stages = "".join(f"  - {{type: x, name: {name}}}\n" for name in states)
    (path / "recipe.yaml").write_text("pipeline:\n" + stages if states else "seed: 1\n")
    for name, state in states.items():
        (path / "stages" / name).mkdir(parents=True)
        if state:
            (path / "stages" / name / "stage.json").write_text(json.dumps(state))
    return path


def test_the_last_talker_of_a_run(parts: Parts, registry: Registry, tmp_path: Path) -> None:
    wrote = {"status": "done", "places": {"talker": "out/talker"}}
    run = run_of(
        tmp_path / "run",
        first=wrote,
        second=wrote,
        report={"status": "done", "places": {"report": "r"}},
        third={**wrote, "status": "failed"},
        fourth={},
    )
    for name in ("first", "second", "third"):
        save_talker(run / f"stages/{name}/out/talker", parts, name=name)
    assert load_talker_components(run, registry).name == "second"
    (run / "stages/second/out").rename(run / "elsewhere")
    assert refused(run, registry, RunError) == (
        f"{run}/stages/second/out/talker: is gone; stage 'second' wrote it as its 'talker'"
    )


def test_a_run_without_a_talker(registry: Registry, tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", train={"status": "failed"}, report={})
    assert refused(run, registry, RunError) == (
        f"{run}: no finished stage wrote an artifact 'talker'; the stages are train (failed), "
        "report (not begun)"
    )
    assert refused(run_of(tmp_path / "b"), registry, RunError).endswith("the stages are none")


@pytest.fixture
def built_in(parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry whose components bring the talker ``small``, and half of ``half``."""
    package = tmp_path / "site" / PACKAGE
    save_talker(package / "weights", parts, name="small", dtype="float16")
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    importlib.invalidate_caches()
    brought = {role: {"small": f"{PACKAGE}:weights/{role}.safetensors"} for role in parts}
    for role in ("generator", "prior"):
        brought[role] |= {"half": f"{PACKAGE}:weights/{role}.safetensors"}
    return registry_of(**brought)


def test_a_built_in_talker(built_in: Registry, parts: Parts) -> None:
    assert builtin_talkers(built_in) == ("small",)
    talker = load_talker_components("builtin:small", built_in)
    assert_same(talker, parts, tolerance=2.0**-11)
    assert (talker.name, talker.source, talker.facts) == ("small", "builtin:small", {})
    assert set(talker.digests) == set(parts)


def test_built_in_talkers_that_are_not(built_in: Registry, tmp_path: Path) -> None:
    assert refused("builtin:smal", built_in, PluginError) == (
        "no such built-in talker: 'smal'; did you mean 'small'?"
    )
    assert refused("builtin:x", registry_of(), PluginError) == (
        "no such built-in talker: 'x'. None is installed."
    )
    assert refused("builtin:half", built_in, PluginError) == (
        "the built-in talker 'half' is not complete: no installed component brings weights of that "
        "name for the inverter, audio encoder, motion VAE"
    )
    assert refused(tmp_path / "none", built_in, InputError).endswith(
        "Give a talker's folder, a run directory or builtin:NAME; there is builtin:small."
    )


def test_two_parts_for_one_role(built_in: Registry) -> None:
    records = [offer.component for offer in built_in.offers()]
    first = next(record for record in records if record.role == "prior")
    registry = Registry.of(*records, attrs.evolve(first, name="second"))
    assert refused("builtin:small", registry, PluginError) == (
        "two priors bring weights called 'small': 'autoregressive_flow' of plug-in 'inline' "
        "(inline 0) and 'second' of plug-in 'inline' (inline 0). Choose one in a recipe: type: and "
        "weights: builtin:small."
    )


def test_a_built_in_talker_that_is_damaged(built_in: Registry, tmp_path: Path) -> None:
    path = tmp_path / "site" / PACKAGE / "weights/prior.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "type": "other"}))
    assert refused("builtin:small", built_in, CheckpointError) == (
        "the prior of builtin:small: weights: builtin:small holds the weights of the prior "
        "'other', not of the prior 'autoregressive_flow'"
    )
