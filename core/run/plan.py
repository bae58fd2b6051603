"""The plan of a run: which stage reads what from which, and the fingerprint of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from styletalker.core.assembly import build, with_needed
from styletalker.core.config.describe import describe
from styletalker.core.config.faults import path_text
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import ConfigError, compose
from styletalker.core.recipe.model import Recipe, StageEntry
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named

if TYPE_CHECKING:
    from styletalker.core.interfaces.stage import Stage

__all__ = ["EVERY_ROLE", "Step", "make_plan"]

EVERY_ROLE = ("*",)
"""As a stage's ``roles``: it uses every component the recipe chooses."""

_FINGERPRINT_FORMAT = 1
"""Raise it when what a fingerprint covers changes: every finished stage is then redone."""


@attrs.frozen(kw_only=True)
class Step:
    """One stage of a recipe, ready to run."""

    name: str
    type: str
    stage: Stage
    inputs: Mapping[str, str]
    """Artifact -> name of the earlier step that writes it."""
    outputs: Mapping[str, str]
    """Artifact -> path inside the stage's directory."""
    roles: tuple[str, ...]
    """Roles it uses, with those they need."""
    fingerprint: str
    """SHA-256 of everything its result depends on."""


def make_plan(recipe: Recipe, registry: Registry) -> tuple[Step, ...]:
    """The steps of a recipe in order. Imports the stages' classes but builds no component.

    Raises:
        ConfigError: a stage lacks an input, a component or a corpus; one line per fault.
        PluginError: a stage or component cannot be loaded.
    """
    steps: dict[str, Step] = {}
    writers: dict[str, str] = {}
    faults: list[str] = []
    structurer = Structurer(registry)
    for index, entry in enumerate(recipe.pipeline):
        stage: Stage = build(entry.chosen, registry)
        roles = with_needed(recipe.components if stage.roles == EVERY_ROLE else stage.roles)
        lacking = _lacking(entry, stage, roles, recipe, writers)
        faults.extend(f"{_where(recipe, index)}: {problem}" for problem in lacking)
        reads = (*stage.inputs, *stage.optional_inputs)
        sources = {name: writers[name] for name in reads if name in writers}
        material = {
            "format": _FINGERPRINT_FORMAT,
            "name": entry.name,
            "seed": recipe.seed,
            "stage": _identity(entry.chosen, registry, structurer),
            "components": {
                role: _identity(recipe.components[role], registry, structurer)
                for role in roles
                if role in recipe.components
            },
            "corpus": _identity(recipe.corpus, registry, structurer)
            if stage.uses_corpus and recipe.corpus is not None
            else None,
            "inputs": {name: steps[source].fingerprint for name, source in sources.items()},
        }
        steps[entry.name] = Step(
            name=entry.name,
            type=entry.chosen.type,
            stage=stage,
            inputs=sources,
            outputs=dict(stage.outputs),
            roles=roles,
            fingerprint=_digest(material),
        )
        writers.update(dict.fromkeys(stage.outputs, entry.name))
    if faults:
        raise ConfigError("\n".join(faults))
    return tuple(steps.values())


def _lacking(
    entry: StageEntry,
    stage: Stage,
    roles: Iterable[str],
    recipe: Recipe,
    writers: Mapping[str, str],
) -> list[str]:
    """What a stage needs and the recipe does not give."""
    label = f"stage {entry.name!r}"
    lacking = [
        compose(
            f"{label} reads {artifact!r}, which no earlier stage writes",
            name=artifact if writers else None,
            choices=writers,
        )
        for artifact in stage.inputs
        if artifact not in writers
    ]
    for role in roles:
        if role not in recipe.components:
            title = role_named(role).title
            article = "an" if title[0] in "aeiou" else "a"
            lacking.append(f"{label} needs {article} {title}; add {role}: under components:")
    if stage.uses_corpus and recipe.corpus is None:
        lacking.append(f"{label} needs a corpus; add corpus: to the recipe")
    return lacking


def _where(recipe: Recipe, index: int) -> str:
    """Where a stage stands in the recipe's files."""
    prefix = path_text(("pipeline", index))
    for path, position in recipe.origins.items():
        if path == prefix or path.startswith(prefix + "."):
            return f"{position}: {prefix}"
    return prefix


def _identity(chosen: Chosen, registry: Registry, structurer: Structurer) -> list[Any]:
    """All that makes a component's result: who brings it, which version, options and weights.

    Options that are merely operational do not.
    """
    plugin = registry.get(chosen.role, chosen.type).plugin
    options = structurer.identity(chosen)
    _drop_operational(chosen.config, options)
    return [plugin.distribution, plugin.version, options]


def _drop_operational(config: object, options: dict[str, Any]) -> None:
    """Remove operational options, also those of nested configurations."""
    config_class: type = type(config)
    for field in describe(config_class):
        value = getattr(config, field.name)
        if field.operational:
            options.pop(field.name)
        elif attrs.has(type(value)) and not isinstance(value, Chosen):
            _drop_operational(value, options[field.name])


def _digest(material: object) -> str:
    text = json.dumps(material, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
