"""Reading a recipe: file, ancestors and overrides in, a validated Recipe or all faults out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.config.describe import describe
from styletalker.core.config.faults import Fault, KeyPath, path_text
from styletalker.core.config.options import Chosen
from styletalker.core.config.pretrained import CONTRADICTS, WEIGHTS
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import ConfigError, compose
from styletalker.core.recipe.locate import RecipeFile, find_recipe
from styletalker.core.recipe.merge import apply_override, merge, stage_name
from styletalker.core.recipe.model import Recipe, RecipeKeys, StageEntry
from styletalker.core.recipe.nodes import Node, read_yaml
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES, Place

__all__ = ["read_recipe"]

_NAME = re.compile(r"\w[\w-]*", re.ASCII)


def read_recipe(name: str, registry: Registry, overrides: Sequence[str] = ()) -> Recipe:
    """Read and validate a recipe.

    Args:
        name: path of a YAML file, or the bare name of a packaged recipe.
        registry: the components it may use.
        overrides: ``key.path=value`` texts, applied in order.

    Raises:
        ConfigError: it cannot be read or something in it is wrong. Every fault is in the
            message, one a line: ``file:line:column: key.path: what is wrong``.
    """
    file = find_recipe(name)
    tree, sources = _with_ancestors(file, ())
    for override in overrides:
        tree = apply_override(tree, override)
    validation = _Validation(tree, registry)
    recipe = validation.recipe(file, sources, overrides)
    if validation.faults or recipe is None:
        raise ConfigError("\n".join(_lines(tree, validation.faults)))
    return recipe


def _with_ancestors(file: RecipeFile, below: tuple[Path, ...]) -> tuple[Node, tuple[str, ...]]:
    """The tree of a recipe laid over those it extends, and their names, itself first."""
    tree = read_yaml(file.path, file.shown)
    if not isinstance(tree.value, dict):
        problem = "a recipe must be a mapping of keys"
        raise ConfigError(compose(problem, where=str(tree.position), given=tree.plain()))
    extends = tree.value.pop("extends", None)
    if extends is None:
        return tree, (file.shown,)
    chain = (*below, file.path.resolve())
    if not isinstance(extends.value, str):
        where = str(extends.position)
        raise ConfigError(
            compose("extends: wrong type", where=where, expected="a path", given=extends.plain())
        )
    try:
        base_file = find_recipe(extends.value, beside=file.path.parent)
    except ConfigError as error:
        raise ConfigError(f"{extends.position}: extends: {error}") from error
    if base_file.path.resolve() in chain:
        names = [path.name for path in chain[chain.index(base_file.path.resolve()) :]]
        circle = " -> ".join([*names, base_file.path.name])
        raise ConfigError(f"{extends.position}: extends: goes in a circle: {circle}")
    base, sources = _with_ancestors(base_file, chain)
    base.value.pop("name", None)
    return merge(base, tree), (file.shown, *sources)


class _Validation:
    """One validation of a merged tree, collecting faults."""

    def __init__(self, tree: Node, registry: Registry) -> None:
        self.tree = tree
        self.structurer = Structurer(registry)
        self.faults: list[Fault] = []
        self.notes: list[str] = []

    def recipe(
        self, file: RecipeFile, sources: tuple[str, ...], overrides: Sequence[str]
    ) -> Recipe | None:
        keys = self._keys()
        components = self._components()
        corpus = self._corpus()
        pipeline = self._pipeline()
        if keys is None or self.faults:
            return None
        return Recipe(
            name=keys.name or file.name,
            path=file.path,
            sources=sources,
            overrides=tuple(overrides),
            seed=keys.seed,
            components=components,
            corpus=corpus,
            pipeline=pipeline,
            notes=tuple(self.notes),
            origins={**_origins_of_weights(components), **dict(_origins(self.tree, ()))},
        )

    def _keys(self) -> RecipeKeys | None:
        keys, faults = self.structurer.check(self.tree.plain(), RecipeKeys)
        self.faults.extend(faults)
        self._check_name(self.tree, ())
        return keys if isinstance(keys, RecipeKeys) else None

    def _check_name(self, node: Node, path: KeyPath) -> None:
        """``name:`` of the recipe or a stage becomes a folder, and part of overrides."""
        name = node.value.get("name") if isinstance(node.value, dict) else None
        if name is None or (not path and not isinstance(name.value, str)):
            return
        if not (isinstance(name.value, str) and _NAME.fullmatch(name.value)):
            expected = "letters, digits, '-' and '_'"
            self._fault((*path, "name"), "wrong name", expected=expected, given=name.plain())

    def _components(self) -> dict[str, Chosen]:
        chosen: dict[str, Chosen] = {}
        section = self.tree.value.get("components")
        if section is None or not isinstance(section.value, dict):
            return chosen
        allowed = tuple(role.name for role in ROLES if role.place is Place.COMPONENTS)
        for role, node in section.value.items():
            path: KeyPath = ("components", role)
            if role in allowed:
                component = self._choose(role, node, path)
                if component is not None:
                    chosen[role] = component
                continue
            self._fault(path, **_misplaced(role, allowed), at_key=True)
        return chosen

    def _corpus(self) -> Chosen | None:
        node = self.tree.value.get("corpus")
        if node is None or node.value is None:
            return None
        return self._choose("corpus", node, ("corpus",))

    def _pipeline(self) -> tuple[StageEntry, ...]:
        section = self.tree.value.get("pipeline")
        if section is None or not isinstance(section.value, list):
            return ()
        entries: list[StageEntry] = []
        names: set[str] = set()
        for index, node in enumerate(section.value):
            path: KeyPath = ("pipeline", index)
            self._check_name(node, path)
            name, stage = stage_name(node), node
            if isinstance(node.value, dict):
                options = {key: child for key, child in node.value.items() if key != "name"}
                stage = attrs.evolve(node, value=options)
            chosen = self._choose("stage", stage, path)
            if name in names:
                self._fault(path, f"two stages are called {name!r}", fix="Give one a name:.")
            if name is not None:
                names.add(name)
            if chosen is not None and name is not None:
                entries.append(StageEntry(name=name, chosen=chosen))
        return tuple(entries)

    def _fault(self, path: KeyPath, problem: str, **details: Any) -> None:
        self.faults.append(Fault(path=path, problem=problem, **details))

    def _choose(self, role: str, node: Node, path: KeyPath) -> Chosen | None:
        chosen, faults = self.structurer.choose(role, node.plain())
        while soft := {fault.path[0]: fault for fault in faults if self._is_soft(node, fault)}:
            kind = node.value["type"].plain()
            self.notes.extend(
                f"{path_text((*path, key))} was inherited and dropped: " + _reason(fault, kind)
                for key, fault in soft.items()
            )
            kept = {key: child for key, child in node.value.items() if key not in soft}
            node = attrs.evolve(node, value=kept)
            chosen, faults = self.structurer.choose(role, node.plain())
        self.faults += [attrs.evolve(fault, path=(*path, *fault.path)) for fault in faults]
        return chosen

    def _is_soft(self, node: Node, fault: Fault) -> bool:
        """Whether a fault is only something inherited from another type that does not fit here."""
        found, reached = node.find(fault.path[:1])
        if not (fault.path and reached and found.inherited):
            return False
        unknown = fault.problem == "unknown key" and len(fault.path) == 1
        return unknown or fault.problem == CONTRADICTS or fault.path == (WEIGHTS,)


def _reason(fault: Fault, kind: str) -> str:
    """Why something inherited does not fit the type *kind*."""
    if fault.problem == CONTRADICTS:
        return f"it {CONTRADICTS}"
    return f"not for {kind}" if fault.path == (WEIGHTS,) else f"{kind} has no such option"


def _misplaced(role: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Why *role* may not stand under ``components:``."""
    place = next((known.place for known in ROLES if known.name == role), None)
    if place in (Place.CORPUS, Place.PIPELINE):
        return {"problem": f"is chosen under the top-level key {place.value}:"}
    if place is Place.OPTION:
        return {"problem": "is chosen in the options of a stage"}
    return {"problem": "no such role here", "name": role, "choices": allowed}


def _lines(tree: Node, faults: Iterable[Fault]) -> list[str]:
    """Each fault with its position, in the order of the file."""
    located = []
    for fault in faults:
        node, reached = tree.find(fault.path)
        at_key = fault.at_key or not reached
        position = node.key if at_key and node.key is not None else node.position
        order = (position.source, position.line or 0, position.column or 0)
        located.append((order, fault.line(str(position))))
    return [line for _, line in sorted(located, key=lambda pair: pair[0])]


def _origins_of_weights(components: Mapping[str, Chosen]) -> dict[str, str]:
    """Options that nobody wrote come from the weights, where there are some."""
    found: dict[str, str] = {}
    for role, chosen in components.items():
        config: type = type(chosen.config)
        if chosen.weights is not None:
            paths = (path_text(("components", role, field.name)) for field in describe(config))
            found.update(dict.fromkeys(paths, chosen.weights.given))
    return found


def _origins(node: Node, path: KeyPath) -> Iterable[tuple[str, str]]:
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _origins(child, (*path, key))
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            yield from _origins(child, (*path, index))
    else:
        yield path_text(path), str(node.position)
