"""Reading recipes: inheritance, overrides, and every fault with its position."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import ConfigError
from styletalker.core.recipe.dump import dump_recipe, plain_recipe
from styletalker.core.recipe.locate import find_recipe, packaged_recipes
from styletalker.core.recipe.model import Recipe
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from support.parts import FlowConfig

Write = Callable[[str, str], Path]

BASE = """\
seed: 7
components:
  prior: {type: flow, hidden: 32, layers: 2}
corpus: nothing
pipeline:
  - type: write
    text: hello
  - type: copy
    name: again
  - copy
"""


def message(registry: Registry, name: str, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_recipe(name, registry, overrides)
    return str(caught.value).splitlines()


@pytest.fixture
def base(write: Write) -> Write:
    write("base.yaml", BASE)
    return write


def stages(recipe: Recipe) -> dict[str, str]:
    return {entry.name: entry.chosen.config.text for entry in recipe.pipeline}  # type: ignore[attr-defined]


def test_a_recipe(base: Write, registry: Registry) -> None:
    recipe = read_recipe("base.yaml", registry)
    assert (recipe.name, recipe.seed, recipe.sources) == ("base", 7, ("base.yaml",))
    assert recipe.components["prior"].config == FlowConfig(hidden=32, layers=2)
    assert recipe.corpus is not None
    assert recipe.corpus.type == "nothing"
    assert stages(recipe) == {"write": "hello", "again": "note", "copy": "note"}
    assert recipe.origins["components.prior.hidden"] == "base.yaml:3:31"


def test_every_fault_is_reported_at_once_in_the_order_of_the_file(
    write: Write, registry: Registry
) -> None:
    write(
        "bad.yaml",
        """\
name: my recipe
sed: 3
seed: -1
components:
  prior: {type: flwo}
  generator: {type: every_kind, count: "3", rates: 1}
  corpus: nothing
  metric: fid
  piror: flow
corpus: {type: nothing, text: 3}
pipeline:
  - sumary
  - type: write
    text: 3
  - write
  - 3
  - {text: a}
  - {type: copy, name: a.b}
""",
    )
    assert message(registry, "bad.yaml") == [
        "bad.yaml:1:7: name: wrong name; expected letters, digits, '-' and '_', got 'my recipe'",
        "bad.yaml:2:1: sed: unknown key; did you mean 'seed'?",
        "bad.yaml:3:7: seed: out of range; expected 0 to 4294967295, got -1",
        "bad.yaml:5:17: components.prior.type: no such prior: 'flwo'; did you mean 'flow'?",
        "bad.yaml:6:40: components.generator.count: wrong type; expected a whole number, got '3'",
        "bad.yaml:6:45: components.generator.rates: unknown key; did you mean 'rate'?",
        "bad.yaml:7:3: components.corpus: is chosen under the top-level key corpus:",
        "bad.yaml:8:3: components.metric: is chosen in the options of a stage",
        "bad.yaml:9:3: components.piror: no such role here; did you mean 'prior'?",
        "bad.yaml:10:31: corpus.text: wrong type; expected a text, got 3",
        "bad.yaml:12:5: pipeline.0.type: no such stage: 'sumary'; "
        "there is copy, paced, use_prior, write",
        "bad.yaml:14:11: pipeline.1.text: wrong type; expected a text, got 3",
        "bad.yaml:15:5: pipeline.2: two stages are called 'write'. Give one a name:.",
        "bad.yaml:16:5: pipeline.3: wrong type; expected a stage: its name, or type: and options, "
        "got 3",
        "bad.yaml:17:5: pipeline.4: needs a type:; the stage types are "
        "copy, paced, use_prior, write",
        "bad.yaml:18:24: pipeline.5.name: wrong name; expected letters, digits, '-' and '_', "
        "got 'a.b'",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- 1\n", "r.yaml:1:1: a recipe must be a mapping of keys: [1]"),
        (
            "components: 3\n",
            "r.yaml:1:13: components: wrong type; expected a mapping of names to anything, got 3",
        ),
        (
            "pipeline: write\n",
            "r.yaml:1:11: pipeline: wrong type; expected a list of anything, got 'write'",
        ),
        ("seed: 1e3\n", "r.yaml:1:7: seed: wrong type; expected a whole number, got 1000.0"),
        ("extends: 3\n", "r.yaml:1:10: extends: wrong type; expected a path, got 3"),
        (
            "extends: nothing.yaml\n",
            "r.yaml:1:10: extends: no such recipe: 'nothing.yaml'. Give the path of a YAML file "
            "or the name of a recipe that ships with styletalker.",
        ),
        ("extends: r.yaml\n", "r.yaml:1:10: extends: goes in a circle: r.yaml -> r.yaml"),
    ],
)
def test_faults_of_the_whole_file(
    write: Write, registry: Registry, text: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("styletalker.core.recipe.locate.packaged_recipes", dict)
    write("r.yaml", text)
    assert message(registry, "r.yaml") == [line]


def test_missing_files(write: Write, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "styletalker.core.recipe.locate.packaged_recipes", lambda: {"talker": Path("x")}
    )
    fix = "Give the path of a YAML file or the name of a recipe that ships with styletalker."
    assert message(registry, "takler") == [
        f"no such recipe: 'takler'; did you mean 'talker'? {fix}"
    ]
    write("folder/r.yaml", "")
    assert message(registry, "folder") == ["folder: is a folder, not a recipe file"]


def test_packaged_recipes_are_found_by_name_from_anywhere(write: Write) -> None:
    assert "puppet" in packaged_recipes()
    write("elsewhere.yaml", "")
    for name in ("puppet", "puppet.yaml"):
        found = find_recipe(name)
        assert (found.name, found.shown, found.path.is_file()) == ("puppet", "puppet.yaml", True)
    write("puppet.yaml", "{}")
    assert find_recipe("puppet.yaml").path == Path("puppet.yaml")


def test_a_circle_of_three(write: Write, registry: Registry) -> None:
    for here, there in (("a", "b"), ("b", "c"), ("c", "b")):
        write(f"{here}.yaml", f"extends: {there}.yaml\n")
    assert message(registry, "a.yaml") == [
        "c.yaml:1:10: extends: goes in a circle: b.yaml -> c.yaml -> b.yaml"
    ]


def test_extends_relative_to_the_file_and_origins(base: Write, registry: Registry) -> None:
    base("variants/small.yaml", "extends: ../base.yaml\ncomponents: {prior: {hidden: 8}}\n")
    recipe = read_recipe("variants/small.yaml", registry)
    assert recipe.name == "small"
    assert recipe.sources == ("variants/small.yaml", "base.yaml")
    assert recipe.components["prior"].config == FlowConfig(hidden=8, layers=2)
    assert recipe.origins["components.prior.hidden"] == "variants/small.yaml:2:30"
    assert recipe.origins["components.prior.layers"] == "base.yaml:3:43"


def test_a_fault_in_the_base_is_said_to_be_there(base: Write, registry: Registry) -> None:
    base("base.yaml", BASE.replace("layers: 2", "layers: 99"))
    base("child.yaml", "extends: base.yaml\ncomponents: {prior: {hidden: 0}}\n")
    assert message(registry, "child.yaml") == [
        "base.yaml:3:43: components.prior.layers: out of range; expected 1 to 32, got 99",
        "child.yaml:2:30: components.prior.hidden: out of range; expected 1 to 4096, got 0",
    ]


def test_a_mapping_over_the_pipeline_changes_stages_by_name(
    base: Write, registry: Registry
) -> None:
    base("child.yaml", "extends: base.yaml\npipeline:\n  again: {text: b}\n  copy: null\n")
    assert stages(read_recipe("child.yaml", registry)) == {"write": "hello", "again": "b"}
    base("wrong.yaml", "extends: base.yaml\npipeline:\n  agian: {text: b}\n")
    assert message(registry, "wrong.yaml") == [
        "wrong.yaml:3:3: pipeline.agian: the base recipe has no such stage; did you mean 'again'?"
    ]
    base("list.yaml", "extends: base.yaml\npipeline: [write]\n")
    assert stages(read_recipe("list.yaml", registry)) == {"write": "note"}


@pytest.mark.parametrize("how", ["extends", "override"])
def test_another_type_drops_options_it_does_not_know(
    base: Write, registry: Registry, how: str
) -> None:
    base("child.yaml", "extends: base.yaml\ncomponents: {prior: {type: gaussian}}\n")
    if how == "extends":
        recipe = read_recipe("child.yaml", registry)
    else:
        recipe = read_recipe("base.yaml", registry, ["components.prior.type=gaussian"])
    assert recipe.components["prior"].type == "gaussian"
    assert Structurer(registry).plain(recipe.components["prior"]) == {
        "type": "gaussian",
        "hidden": 32,
    }
    assert recipe.notes == (
        "components.prior.layers was inherited and dropped: gaussian has no such option",
    )


def test_overrides(base: Write, registry: Registry) -> None:
    overrides = [
        "seed=9",
        "components.prior.layers=3",
        "components.generator={type: every_kind, count: 2}",
        "pipeline.again.text=x",
        "pipeline.2.text=y",
        "corpus.text=z",
        "name=other",
    ]
    recipe = read_recipe("base.yaml", registry, overrides)
    assert (recipe.seed, recipe.name) == (9, "other")
    assert recipe.components["prior"].config == FlowConfig(hidden=32, layers=3)
    assert set(recipe.components) == {"prior", "generator"}
    assert stages(recipe) == {"write": "hello", "again": "x", "copy": "y"}
    assert recipe.origins["pipeline.2.text"] == "override 'pipeline.2.text=y'"


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("seed", "not an override: 'seed'. Write key.path=value, as in seed=3."),
        ("a..b=1", "not an override: 'a..b=1'. Write key.path=value, as in seed=3."),
        (
            "components.piror.hidden=1",
            "override 'components.piror.hidden=1': there is no components.piror in the recipe; "
            "did you mean 'prior'?",
        ),
        (
            "components.prior.hiden=1",
            "override 'components.prior.hiden=1': components.prior.hiden: unknown key; "
            "did you mean 'hidden'?",
        ),
        (
            "components.prior.hidden=many",
            "override 'components.prior.hidden=many': components.prior.hidden: wrong type; "
            "expected a whole number, got 'many'",
        ),
        (
            "components.prior.hidden=",
            "override 'components.prior.hidden=': components.prior.hidden: wrong type; "
            "expected a whole number, got 'null'",
        ),
        (
            "pipeline.agian.text=1",
            "override 'pipeline.agian.text=1': there is no stage 'agian' in pipeline; "
            "did you mean 'again'?",
        ),
        (
            "pipeline.3.text=1",
            "override 'pipeline.3.text=1': there is no stage '3' in pipeline; "
            "there is again, copy, write",
        ),
        ("seed.x=1", "override 'seed.x=1': seed is not a mapping: 7"),
        (
            "seed=[1",
            "override 'seed=[1': not valid YAML: expected ',' or ']', but got '<stream end>' "
            "while parsing a flow sequence",
        ),
        ("sed=1", "override 'sed=1': sed: unknown key; did you mean 'seed'?"),
    ],
)
def test_wrong_overrides(base: Write, registry: Registry, override: str, line: str) -> None:
    assert message(registry, "base.yaml", override) == [line]


def test_the_resolved_recipe_reads_as_itself(base: Write, registry: Registry) -> None:
    structurer = Structurer(registry)
    recipe = read_recipe(
        "base.yaml", registry, ["components.generator={type: every_kind, count: 1}"]
    )
    text = dump_recipe(recipe, structurer)
    assert text.startswith("# Resolved from base.yaml; a value without a comment is a default.")
    assert "seed: 7" in text
    assert "# base.yaml:1:7" in text
    base("resolved.yaml", text)
    again = read_recipe("resolved.yaml", registry)
    assert plain_recipe(again, structurer) == plain_recipe(recipe, structurer)
    assert YAML(typ="safe").load(text)["components"]["generator"]["sizes"] == [1, 2]
