"""The JSON Schema agrees with the reader: what one takes, the other takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from styletalker.core.config.schema import recipe_schema
from styletalker.core.errors import ConfigError
from styletalker.core.recipe.locate import packaged_recipes
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry

VALID = [
    "{}",
    "{seed: 3, name: a, extends: b.yaml}",
    "{components: {prior: flow}, corpus: nothing, pipeline: [write, {type: copy, name: x}]}",
    "{components: {prior: {type: flow, hidden: 3}}}",
    "{components: {generator: {type: every_kind, count: 1, either: auto, pair: [1, a]}}}",
    "{components: {generator: {type: every_kind, count: 1, prior: {type: gaussian}, maybe: null}}}",
    "{components: {generator: {type: every_kind, count: 1, optimiser: {rate: 0.1}}}}",
]
FAULTY = [
    "{sed: 3}",
    "{seed: -1}",
    "{seed: a}",
    "{components: {piror: flow}}",
    "{components: {prior: flwo}}",
    "{components: {prior: {type: flow, hiden: 3}}}",
    "{components: {prior: {type: flow, hidden: 0}}}",
    "{components: {generator: {type: every_kind}}}",
    "{components: {generator: {type: every_kind, count: 1, mode: onee}}}",
    "{components: {generator: {type: every_kind, count: 1, sizes: 3}}}",
    "{components: {generator: {type: every_kind, count: 1, pair: [1]}}}",
    "{components: {generator: {type: every_kind, count: 1, optimiser: {rate: 0}}}}",
    "{pipeline: [nothing]}",
    "{pipeline: [{type: write, text: 3}]}",
]


def parse(text: str) -> Any:
    return YAML(typ="safe").load(text)


@pytest.fixture
def validator(registry: Registry) -> jsonschema.Draft202012Validator:
    schema = recipe_schema(registry)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("text", VALID)
def test_valid(text: str, validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(parse(text))


@pytest.mark.parametrize("text", FAULTY)
def test_faulty_for_both(
    text: str,
    validator: jsonschema.Draft202012Validator,
    registry: Registry,
    write: Callable[[str, str], Path],
) -> None:
    assert not validator.is_valid(parse(text))
    write("r.yaml", text)
    with pytest.raises(ConfigError):
        read_recipe("r.yaml", registry)


def test_options_carry_docs_ranges_and_defaults(registry: Registry) -> None:
    flow = next(
        variant
        for variant in recipe_schema(registry)["$defs"]["prior"]["anyOf"]
        if variant.get("properties", {}).get("type") == {"const": "flow"}
    )
    assert flow["properties"]["hidden"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 4096,
        "description": "Channels, 1 to 4096.",
        "default": 64,
    }


def test_packaged_recipes_are_valid() -> None:
    schema = jsonschema.Draft202012Validator(recipe_schema(Registry.installed()))
    for path in packaged_recipes().values():
        schema.validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
