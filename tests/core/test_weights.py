"""``weights:`` in recipes: where they are found, what they say, and what is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest
import torch
from ruamel.yaml import YAML
from styletalker.core.assembly import Components
from styletalker.core.component import Component, faults_of
from styletalker.core.config.schema import recipe_schema
from styletalker.core.config.structure import Structurer
from styletalker.core.contract.case import _BY_ROLE, Case
from styletalker.core.contract.checks.neural import check_brings_its_weights
from styletalker.core.errors import CheckpointError, ConfigError, PluginError
from styletalker.core.recipe.dump import dump_recipe, plain_recipe
from styletalker.core.recipe.model import Recipe
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry, import_target
from styletalker.core.roles import ROLES
from styletalker.core.run.plan import make_plan
from styletalker.core.weights import pretrained_names, pretrained_offers, read_facts
from support.parts import FlowConfig, Mood, component, make_registry
from support.tiny import TinyConfig, save_tiny, tiny_package, tiny_registry
from torch import nn

Write = Callable[[str, str], Path]

assert tiny_package  # a fixture, used by name

RECIPE = "components: {generator: {type: tiny, weights: w.safetensors}}\n"


@pytest.fixture
def tiny() -> Registry:
    return tiny_registry()


@pytest.fixture
def here(write: Write) -> Write:
    """The recipe r.yaml beside weights of the generator ``tiny``."""
    write("r.yaml", RECIPE)
    save_tiny(Path("w.safetensors"))
    return write


def generator(recipe: Recipe) -> Any:
    return recipe.components["generator"].config


def fault(registry: Registry, *overrides: str, name: str = "r.yaml") -> str:
    with pytest.raises(ConfigError) as caught:
        read_recipe(name, registry, overrides)
    return str(caught.value)


def test_options_come_from_the_weights(here: Write, tiny: Registry) -> None:
    recipe = read_recipe("r.yaml", tiny)
    config = generator(recipe)
    assert (config.size, config.gain, config.mood) == (8, 2.0, Mood.LIVELY)
    assert config.optimiser.rate == 0.5
    assert config.optimiser.betas == (0.9, 0.99)
    weights = recipe.components["generator"].weights
    assert weights is not None
    assert (weights.given, weights.path) == ("w.safetensors", Path("w.safetensors"))
    assert weights.sha256 == json.loads(Path("w.json").read_text())["sha256"]


def test_the_weights_are_loaded(here: Write, tiny: Registry) -> None:
    saved = save_tiny(Path("w.safetensors"), seed=9)
    parts = Components(read_recipe("r.yaml", tiny).components, tiny)
    loaded = parts.get("generator").state_dict()
    assert set(loaded) == set(saved.state_dict())
    for name, tensor in saved.state_dict().items():
        assert torch.equal(loaded[name], tensor), name


def test_equal_options_are_allowed_and_others_are_named(here: Write, tiny: Registry) -> None:
    equal = ["size=8", "gain=2", "mood=lively", "optimiser={rate: 0.5, betas: [0.9, 0.99]}"]
    overrides = [f"components.generator.{one}" for one in equal]
    assert generator(read_recipe("r.yaml", tiny, overrides)).size == 8
    here(
        "wrong.yaml",
        "components:\n  generator:\n    type: tiny\n    weights: w.safetensors\n"
        "    size: 16\n    gain: 2.0\n    mood: calm\n    optimiser: {rate: 0.25}\n",
    )
    fix = "Leave it out, or choose other weights."
    assert fault(tiny, name="wrong.yaml").splitlines() == [
        f"wrong.yaml:{place}: components.generator.{key}: contradicts the weights; expected "
        f"{there}, got {given}. {fix}"
        for place, key, there, given in [
            ("5:11", "size", "8", "16"),
            ("7:11", "mood", "'lively'", "'calm'"),
            ("8:23", "optimiser.rate", "0.5", "0.25"),
        ]
    ]


def test_what_changes_only_the_speed_may_differ(here: Write, tiny: Registry) -> None:
    save_tiny(Path("w.safetensors"), options={"workers": 4})
    assert generator(read_recipe("r.yaml", tiny)).workers == 4
    assert generator(read_recipe("r.yaml", tiny, ["components.generator.workers=2"])).workers == 2


def test_faults_of_options_are_told_as_ever(here: Write, tiny: Registry) -> None:
    assert fault(tiny, "components.generator.siz=8") == (
        "override 'components.generator.siz=8': components.generator.siz: unknown key; "
        "did you mean 'size'?"
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            "3",
            "wrong value; expected builtin:NAME, or the path of a .safetensors file, a public "
            "weight file or its folder, got 3",
        ),
        ("w.pt", "no such file: 'w.pt'"),
        ("no.safetensors", "no such file: 'no.safetensors'"),
        (
            "builtin:pupet",
            "the generator 'tiny' has no such built-in weights: 'pupet'; did you mean 'puppet'?",
        ),
        (
            "builtin:x",
            "the generator 'tiny' has no such built-in weights: 'x'; there is portrait, puppet",
        ),
        (
            "builtin:portrait",
            "the generator 'tiny' brings weights 'portrait' at "
            "tiny_weights:weights/portrait.safetensors, and there is no such file",
        ),
        (
            "alone.safetensors",
            "alone.safetensors: holds nothing for the generator 'tiny': no installed component "
            "knows its tensors, count [], to_rgb.bias [192], to_rgb.weight [192, 6], to_w.bias [6] "
            "and 1 more",
        ),
        (
            "other.safetensors",
            "other.safetensors holds the weights of the generator 'other', not of the generator "
            "'tiny'",
        ),
        (
            "inverter.safetensors",
            "inverter.safetensors holds the weights of the inverter 'tiny', not of the generator "
            "'tiny'",
        ),
        (
            "anonymous.safetensors",
            "anonymous.safetensors holds the weights of something that is not named, not of the "
            "generator 'tiny'",
        ),
        ("list.safetensors", "list.json: does not describe list.safetensors: it has no checksum"),
        (
            "new.safetensors",
            "new.json: was written by another version of styletalker (format 9, this one reads 1)",
        ),
        (
            "options.safetensors",
            "its JSON file has options that tiny does not take: size: wrong type; expected a "
            "whole number, got 'a'; sizes: unknown key; did you mean 'size'?",
        ),
        ("bare.safetensors", "bare.json does not say the options"),
        ("sizes.safetensors", "sizes.json: sizes must be a mapping of names to whole numbers"),
    ],
)
def test_weights_that_cannot_be_used(
    here: Write, tiny: Registry, tiny_package: Path, value: str, problem: str
) -> None:
    facts = json.loads(Path("w.json").read_text())
    beside: dict[str, object] = {
        "other": {**facts, "type": "other"},
        "inverter": {**facts, "role": "inverter"},
        "anonymous": {**facts, "type": 3},
        "list": [],
        "new": {**facts, "format": 9},
        "options": {**facts, "options": {"size": "a", "sizes": 3}},
        "bare": {**facts, "options": None},
        "sizes": {**facts, "sizes": {"num_ws": True}},
    }
    for name, content in beside.items():
        here(f"{name}.json", json.dumps(content))
    for name in (*beside, "alone"):
        Path(f"{name}.safetensors").write_bytes(Path("w.safetensors").read_bytes())
    here("r.yaml", RECIPE.replace("w.safetensors", value))
    assert fault(tiny) == f"r.yaml:1:47: components.generator.weights: {problem}"


def test_a_damaged_description(here: Write, tiny: Registry) -> None:
    Path("w.json").write_text('{"form')
    assert fault(tiny).startswith("r.yaml:1:47: components.generator.weights: w.json: cannot be")


def test_a_component_without_any(here: Write, tiny: Registry, registry: Registry) -> None:
    here("r.yaml", "components: {prior: {type: flow, weights: builtin:puppet}}\n")
    assert fault(registry) == (
        "r.yaml:1:43: components.prior.weights: the prior 'flow' has no built-in weights: "
        "'builtin:puppet'. Give the path of a .safetensors file."
    )


def test_weights_of_what_is_no_network(here: Write, tiny: Registry) -> None:
    here("r.yaml", "corpus: {type: nothing, weights: w.safetensors}\n")
    assert fault(tiny).startswith("r.yaml:1:25: corpus.weights: unknown key; there is fail, text")


def test_builtin_weights(here: Write, tiny: Registry, tiny_package: Path) -> None:
    here("r.yaml", RECIPE.replace("w.safetensors", "builtin:puppet"))
    recipe = read_recipe("r.yaml", tiny)
    weights = recipe.components["generator"].weights
    assert weights is not None
    assert (weights.given, weights.path) == ("builtin:puppet", tiny_package / "puppet.safetensors")
    assert Components(recipe.components, tiny).get("generator").resolution == 8


def test_the_resolved_recipe_shows_all_and_reads_as_itself(here: Write, tiny: Registry) -> None:
    structurer = Structurer(tiny)
    recipe = read_recipe("r.yaml", tiny)
    text = dump_recipe(recipe, structurer)
    lines = [line.split() for line in text.splitlines()]
    assert ["weights:", "w.safetensors", "#", "r.yaml:1:47"] in lines
    assert ["size:", "8", "#", "w.safetensors"] in lines
    assert ["mood:", "lively", "#", "w.safetensors"] in lines
    here("resolved.yaml", text)
    again = read_recipe("resolved.yaml", tiny)
    assert again.components == recipe.components
    assert plain_recipe(again, structurer)["components"] == {
        "generator": {
            "type": "tiny",
            "weights": "w.safetensors",
            "size": 8,
            "gain": 2.0,
            "mood": "lively",
            "optimiser": {"rate": 0.5, "betas": [0.9, 0.99]},
            "workers": 1,
        }
    }


def test_the_fingerprint_is_of_the_content_not_of_the_place(here: Write, tiny: Registry) -> None:
    here("r.yaml", RECIPE + "pipeline: [use]\n")

    def fingerprint(*overrides: str) -> str:
        return make_plan(read_recipe("r.yaml", tiny, overrides), tiny)[0].fingerprint

    first = fingerprint()
    save_tiny(Path("elsewhere/copy.safetensors"))
    assert fingerprint("components.generator.weights=elsewhere/copy.safetensors") == first
    save_tiny(Path("w.safetensors"), seed=4)
    assert fingerprint() != first
    untrained = fingerprint("components.generator={type: tiny, size: 8}")
    assert untrained not in (first, fingerprint())


@pytest.mark.parametrize("how", ["extends", "override"])
def test_another_type_drops_inherited_weights(here: Write, tiny: Registry, how: str) -> None:
    here("base.yaml", RECIPE.replace("}}", ", size: 8}}"))
    here("child.yaml", "extends: base.yaml\ncomponents: {generator: {type: other}}\n")
    if how == "extends":
        recipe = read_recipe("child.yaml", tiny)
    else:
        recipe = read_recipe("base.yaml", tiny, ["components.generator.type=other"])
    assert recipe.components["generator"].weights is None
    assert (generator(recipe).size, generator(recipe).gain) == (8, 1.0)
    assert recipe.notes == (
        "components.generator.weights was inherited and dropped: not for other",
    )


def test_another_type_with_weights_of_its_own(here: Write, tiny: Registry) -> None:
    here("base.yaml", "components: {generator: {type: other, size: 16, gain: 2.0}}\n")
    weights = "{generator: {type: tiny, weights: w.safetensors}}"
    here("child.yaml", f"extends: base.yaml\ncomponents: {weights}\n")
    recipe = read_recipe("child.yaml", tiny)
    assert generator(recipe).size == 8
    assert recipe.notes == (
        "components.generator.size was inherited and dropped: it contradicts the weights",
    )


def test_null_takes_weights_away(here: Write, tiny: Registry) -> None:
    overrides = ["components.generator.weights=null", "components.generator.size=4"]
    recipe = read_recipe("r.yaml", tiny, overrides)
    assert recipe.components["generator"].weights is None
    assert generator(recipe) == TinyConfig(size=4)


def test_a_change_after_reading_is_noticed(here: Write, tiny: Registry) -> None:
    parts = Components(read_recipe("r.yaml", tiny).components, tiny)
    save_tiny(Path("w.safetensors"), seed=4)
    with pytest.raises(CheckpointError) as caught:
        parts.get("generator")
    assert str(caught.value) == "w.safetensors: has changed since the recipe was read; start again"
    content = Path("w.safetensors").read_bytes()
    Path("w.safetensors").write_bytes(content[:-1] + b"\x01")
    with pytest.raises(CheckpointError, match=r"does not match its checksum in w\.json"):
        Components(read_recipe("r.yaml", tiny).components, tiny).get("generator")


def test_sizes_of_other_components(here: Write, tiny: Registry, tiny_package: Path) -> None:
    here(
        "r.yaml",
        "components:\n  generator: {type: tiny, size: 4}\n"
        "  inverter: {type: tiny, weights: builtin:puppet}\n",
    )
    with pytest.raises(CheckpointError) as caught:
        Components(read_recipe("r.yaml", tiny).components, tiny).get("inverter")
    assert str(caught.value) == (
        f"{tiny_package}/inverter.safetensors: the inverter 'tiny' was made for resolution 8, not "
        "4 as the other components have it"
    )


def test_reading_imports_no_torch(here: Write) -> None:
    code = (
        "import sys\nfrom styletalker.core.registry import Registry\n"
        "from styletalker.core.recipe.read import read_recipe\n"
        "registry = Registry.installed()\n"
        "recipe = read_recipe('light.yaml', registry)\n"
        "print(recipe.components['generator'].config.resolution, 'torch' in sys.modules)"
    )
    facts = json.loads(Path("w.json").read_text())
    facts |= {"type": "stylegan2", "options": {"resolution": 32}}
    Path("w.json").write_text(json.dumps(facts))
    here("light.yaml", RECIPE.replace("tiny", "stylegan2"))
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "32 False\n", answer.stderr


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("{type: tiny, weights: w.safetensors}", True),
        ("{type: tiny, weights: builtin:puppet, workers: 3}", True),
        ("{type: tiny, weights: builtin:pupet}", False),
        ("{type: tiny, weights: ''}", False),
        ("{type: tiny, weights: 3}", False),
        ("{type: tiny, weights: null}", False),
        ("{type: tiny, weights: null, size: 8}", True),
        ("{type: tiny}", False),
        ("{type: other, weights: builtin:puppet}", False),
    ],
)
def test_the_schema_agrees(
    here: Write, tiny: Registry, tiny_package: Path, value: str, valid: bool
) -> None:
    text = f"components: {{generator: {value}}}\n"
    schema = recipe_schema(tiny)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(YAML(typ="safe").load(text)) is valid
    here("r.yaml", text)
    if valid:
        read_recipe("r.yaml", tiny)
    else:
        fault(tiny)


def test_networks_are_the_roles_whose_interface_is_one() -> None:
    for role in ROLES:
        assert issubclass(import_target(role.interface), nn.Module) is role.neural, role.name
        assert ("neural" in _BY_ROLE[role.name]) is role.neural


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"pretrained": {"a": "p:a.safetensors"}}, []),
        ({"pretrained": {"big-2": "p.q:w/x_1/a.b.safetensors"}}, []),
        ({"pretrained": []}, ["pretrained must be a mapping of names to resources, not []"]),
        (
            {"pretrained": {"A b": "p:a.safetensors"}},
            ["pretrained: a name must be lower-case letters and digits, not 'A b'"],
        ),
        (
            {"pretrained": {"a": "p:../a.safetensors", "b": "a.safetensors", "c": "p:c.pt"}},
            [
                f"pretrained: {name} must be package:path/in/package.safetensors, not {given!r}"
                for name, given in [
                    ("a", "p:../a.safetensors"),
                    ("b", "a.safetensors"),
                    ("c", "p:c.pt"),
                ]
            ],
        ),
        (
            {"role": "corpus", "pretrained": {"a": "p:a.safetensors"}},
            ["pretrained: a corpus is not a network and has no weights"],
        ),
    ],
)
def test_records(changes: dict[str, Any], wrong: list[str]) -> None:
    record: dict[str, Any] = {"role": "prior", "name": "flow", "config": FlowConfig, **changes}
    assert faults_of(component(**record)) == wrong


def test_an_option_called_weights_is_refused() -> None:
    config = attrs.make_class("Config", {"weights": attrs.field(default=1)})
    fault = "the option 'weights' has another meaning in recipes; call it differently"
    assert faults_of(component("prior", "flow", config)) == [fault]
    assert faults_of(component("metric", "flow", config)) == []


def test_names_of_built_in_weights(tiny: Registry) -> None:
    found = pretrained_names(tiny)
    assert {name: sorted(roles) for name, roles in found.items()} == {
        "portrait": ["generator"],
        "puppet": ["generator", "inverter"],
    }
    assert isinstance(found["puppet"]["inverter"], Component)
    assert pretrained_offers(tiny, "nothing") == {}
    more = {"puppet": "p:a.safetensors"}
    second = component("generator", "second", FlowConfig, pretrained=more)
    both = Registry.of(*(offer.component for offer in tiny.offers()), second)
    with pytest.raises(PluginError) as caught:
        pretrained_names(both)
    assert str(caught.value) == (
        "two generators bring weights called 'puppet': 'second' of plug-in 'inline' (inline 0) and "
        "'tiny' of plug-in 'inline' (inline 0). Choose one in a recipe: type: and weights: "
        "builtin:puppet."
    )


def test_a_package_that_is_not_there(here: Write) -> None:
    lost = {"puppet": "no_such_package:a.safetensors"}
    registry = make_registry(component("prior", "lost", FlowConfig, pretrained=lost))
    here("r.yaml", "components: {prior: {type: lost, weights: builtin:puppet}}\n")
    assert fault(registry) == (
        "r.yaml:1:43: components.prior.weights: the prior 'lost' brings weights in "
        "no_such_package, which cannot be imported: No module named 'no_such_package'"
    )


def brought(name: str, registry: Registry) -> Case:
    offer = registry.get("generator", "tiny")
    resource = {name: offer.component.pretrained[name]}
    return Case(
        offer=attrs.evolve(offer, component=attrs.evolve(offer.component, pretrained=resource)),
        registry=registry,
    )


def test_the_contract_kit_loads_what_is_brought(
    tiny: Registry, tiny_package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_brings_its_weights(brought("puppet", tiny))
    with pytest.raises(PluginError, match="there is no such file"):
        check_brings_its_weights(brought("portrait", tiny))
    path = tiny_package / "portrait.safetensors"
    save_tiny(path, type="other")
    with pytest.raises(AssertionError, match=r"portrait\.safetensors is for the generator 'other'"):
        check_brings_its_weights(brought("portrait", tiny))
    save_tiny(path, options={"sizes": 3})
    with pytest.raises(AssertionError, match="portrait: weights: its JSON file has options that"):
        check_brings_its_weights(brought("portrait", tiny))
    save_tiny(path)
    facts = dict(read_facts(path))
    path.with_suffix(".json").write_text(json.dumps({**facts, "options": {"size": 4}}))
    with pytest.raises(CheckpointError, match="is not for this TinyGenerator"):
        check_brings_its_weights(brought("portrait", tiny))
