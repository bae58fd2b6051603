"""Inheritance and overrides on recipe trees: what wins, and what is dropped.

Mappings merge key by key, everything else is replaced. Two rules serve variants:

* A mapping laid over the ``pipeline:`` list changes the base's stages by name; ``null`` removes
  one.
* Where ``type:`` changes, the options of the old component are inherited only as far as the
  new one knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from styletalker.core.config.faults import path_text
from styletalker.core.errors import ConfigError, compose
from styletalker.core.recipe.nodes import Node, Position, parse_yaml

__all__ = ["apply_override", "merge", "stage_name", "with_overrides"]

_PIPELINE = "pipeline"


def merge(base: Node, over: Node, at: tuple[str, ...] = ()) -> Node:
    """The tree that has *over*'s values where it says something, *base*'s elsewhere."""
    if at == (_PIPELINE,) and isinstance(base.value, list) and isinstance(over.value, dict):
        return _merge_stages(base, over)
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    below = dict(base.value)
    if _changes_type(base, over):
        below = {key: attrs.evolve(node, inherited=True) for key, node in below.items()}
    for key, node in over.value.items():
        below[key] = merge(below[key], node, (*at, key)) if key in below else node
    return Node(value=below, position=over.position, key=over.key)


def with_overrides(
    values: Mapping[str, Any], overrides: Iterable[str], *, source: str = "the command line"
) -> Any:
    """Plain *values* with each ``a.b.c=value`` applied, see :func:`apply_override`.

    Args:
        values: mappings and scalars.
        overrides: what is changed.
        source: where the values come from, for errors.

    Raises:
        ConfigError: an override is not written like that, or leads nowhere.
    """
    tree = _tree_of(values, Position(source))
    for override in overrides:
        tree = apply_override(tree, override)
    return tree.plain()


def _tree_of(value: Any, position: Position) -> Node:
    if isinstance(value, Mapping):
        below = {key: _tree_of(one, position) for key, one in value.items()}
        return Node(value=below, position=position)
    return Node(value=value, position=position)


def apply_override(tree: Node, override: str) -> Node:
    """The tree with ``a.b.c=value`` applied; the value is read as YAML.

    A list item is named by its index; a pipeline stage also by its name.

    Raises:
        ConfigError: it is not of that form, or a key on the way does not exist.
    """
    key, equals, text = override.partition("=")
    source = f"override {override!r}"
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise ConfigError(
            compose("not an override", given=override, fix="Write key.path=value, as in seed=3.")
        )
    if text.strip():
        value = parse_yaml(text, source, lines=False)
    else:
        value = Node(value=None, position=Position(source))
    return _lay(tree, parts, value, source, ())


def stage_name(stage: Node) -> str | None:
    """A pipeline item's name: its ``name:``, else its ``type:``, else its text."""
    if isinstance(stage.value, dict):
        for key in ("name", "type"):
            node = stage.value.get(key)
            if node is not None and isinstance(node.value, str):
                return node.value
        return None
    return stage.value if isinstance(stage.value, str) else None


def _lay(tree: Node, parts: list[str], value: Node, source: str, above: tuple[str, ...]) -> Node:
    part, rest = parts[0], parts[1:]
    if isinstance(tree.value, list):
        index = _index(tree, part, source, above)
        item = _as_mapping(tree.value[index]) if rest else tree.value[index]
        items = list(tree.value)
        items[index] = _lay(item, rest, value, source, (*above, part)) if rest else value
        return attrs.evolve(tree, value=items)
    if not isinstance(tree.value, dict):
        raise ConfigError(
            compose(f"{path_text(above)} is not a mapping", where=source, given=tree.value)
        )
    inside = dict(tree.value)
    if not rest:
        over = Node(value={part: value}, position=value.position)
        if _changes_type(tree, over):
            inside = {key: attrs.evolve(node, inherited=True) for key, node in inside.items()}
        inside[part] = value
    elif part in inside:
        below = _as_mapping(inside[part]) if above or part == "corpus" else inside[part]
        inside[part] = _lay(below, rest, value, source, (*above, part))
    else:
        problem = f"there is no {path_text((*above, part))} in the recipe"
        raise ConfigError(compose(problem, where=source, name=part, choices=inside))
    return attrs.evolve(tree, value=inside)


def _index(tree: Node, part: str, source: str, above: tuple[str, ...]) -> int:
    names = [stage_name(item) for item in tree.value]
    if part in names:
        return names.index(part)
    if part.isdecimal() and int(part) < len(names):
        return int(part)
    what = "stage" if above == (_PIPELINE,) else "item"
    problem = f"there is no {what} {part!r} in {path_text(above)}"
    known = [name for name in names if name is not None]
    raise ConfigError(compose(problem, where=source, name=part, choices=known))


def _as_mapping(node: Node) -> Node:
    """A component written as a bare name, as the mapping it stands for."""
    if not isinstance(node.value, str):
        return node
    return attrs.evolve(node, value={"type": Node(value=node.value, position=node.position)})


def _changes_type(base: Node, over: Node) -> bool:
    before, after = base.value.get("type"), over.value.get("type")
    return before is not None and after is not None and before.value != after.value


def _merge_stages(base: Node, over: Node) -> Node:
    names = [stage_name(item) for item in base.value]
    stages = {name: _as_mapping(item) for name, item in zip(names, base.value, strict=True)}
    for name, node in over.value.items():
        if name not in stages:
            problem = f"{_PIPELINE}.{name}: the base recipe has no such stage"
            known = [known for known in names if known is not None]
            where = str(node.key or node.position)
            raise ConfigError(compose(problem, where=where, name=name, choices=known))
        if node.value is None:
            del stages[name]
        else:
            stages[name] = merge(stages[name], node)
    return Node(value=list(stages.values()), position=base.position, key=base.key)
