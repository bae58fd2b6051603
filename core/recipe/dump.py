"""A recipe written out in full: every option, with where its value comes from."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from styletalker.core.config.faults import KeyPath, path_text
from styletalker.core.config.structure import Structurer
from styletalker.core.recipe.model import Recipe

__all__ = ["dump_recipe", "plain_recipe"]

_COMMENT_COLUMN = 56


def plain_recipe(recipe: Recipe, structurer: Structurer) -> dict[str, Any]:
    """The resolved recipe as plain values: reading it again gives the same recipe."""
    plain: dict[str, Any] = {"name": recipe.name, "seed": recipe.seed}
    plain["components"] = {
        role: structurer.plain(chosen) for role, chosen in recipe.components.items()
    }
    if recipe.corpus is not None:
        plain["corpus"] = structurer.plain(recipe.corpus)
    stages = []
    for entry in recipe.pipeline:
        options = structurer.plain(entry.chosen)
        kind = options.pop("type")
        stages.append({"type": kind, "name": entry.name, **options})
    plain["pipeline"] = stages
    return plain


def dump_recipe(recipe: Recipe, structurer: Structurer) -> str:
    """The resolved recipe as YAML; values that were written somewhere say where."""
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = _commented(plain_recipe(recipe, structurer), (), recipe.origins)
    tree.yaml_set_start_comment(
        f"Resolved from {', '.join(recipe.sources)}; a value without a comment is a default."
    )
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def _commented(value: Any, path: KeyPath, origins: Any) -> Any:
    if isinstance(value, dict):
        mapping = CommentedMap()
        for key, item in value.items():
            mapping[key] = _commented(item, (*path, key), origins)
            origin = origins.get(path_text((*path, key)))
            if key == "type" and origin is None:  # a component written as a bare name
                origin = origins.get(path_text(path))
            if origin is not None and not isinstance(item, dict | list):
                mapping.yaml_add_eol_comment(origin, key, column=_COMMENT_COLUMN)
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq([_commented(v, (*path, i), origins) for i, v in enumerate(value)])
        if all(not isinstance(item, dict | list) for item in value):
            sequence.fa.set_flow_style()
        return sequence
    return value
