"""Whatever is written in a recipe or an override, it is read or refused in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from styletalker.core.errors import ConfigError, PluginError
from styletalker.core.recipe.read import read_recipe
from support.parts import make_registry

KEYS = ["name", "seed", "components", "corpus", "pipeline", "extends", "type", "prior", "hidden"]
KEYS += ["weights"]
WEIGHTS = ["builtin:flow", "w.safetensors", "base.safetensors"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5000),
    st.floats(allow_nan=True),
    st.sampled_from(
        [*KEYS, "flow", "gaussian", "write", "copy", "nothing", "base.yaml", "", "a b", *WEIGHTS]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*KEYS, "text", "generator"]), inner, max_size=4),
    ),
    max_leaves=12,
)
RECIPES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
OVERRIDES = st.builds(
    "{}={}".format,
    st.lists(st.sampled_from([*KEYS, "0", "write"]), min_size=1, max_size=3).map(".".join),
    st.sampled_from(["1", "flow", "[1", "{type: flow}", "", "null", "- a", "&a [*a]"]),
)


@given(recipe=RECIPES, overrides=st.lists(OVERRIDES, max_size=2))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_recipe_is_read_or_refused_in_words(
    recipe: dict[str, object],
    overrides: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text("pipeline: [write]\ncomponents: {prior: flow}\n")
    YAML(typ="safe").dump(recipe, Path("recipe.yaml"))
    refused = ""
    try:
        read_recipe("recipe.yaml", make_registry(), overrides)
    except (ConfigError, PluginError) as error:
        refused = str(error) or "an error without words"
    assert "without words" not in refused
    assert all(line == " ".join(line.split()) for line in refused.splitlines())


@given(text=st.text(alphabet=":-[]{}&*!|>'\"%@#,? \n\tab0.~<", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    from styletalker.core.recipe.nodes import parse_yaml

    refused = "f.yaml"
    try:
        parse_yaml(text, "f.yaml")
    except ConfigError as error:
        refused = str(error)
    assert refused.startswith("f.yaml")
