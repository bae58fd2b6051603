"""``weights:`` beside ``type:``: options come from the weights' own description.

Options that a recipe repeats must agree with it; those that change only the speed, or how the
network is used, may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.component import Component
from styletalker.core.config.describe import describe
from styletalker.core.config.faults import Invalid, KeyPath
from styletalker.core.config.options import WeightsRef
from styletalker.core.errors import CheckpointError, InputError, PluginError
from styletalker.core.files import digest_of
from styletalker.core.public_files import found_in_folders, missing_text, weights_folder
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named
from styletalker.core.weights import (
    BUILTIN,
    SUFFIX,
    describe_kind,
    is_kind,
    is_own,
    pretrained_path,
    read_facts,
)
from styletalker.core.weights_file.folder import weights_in

__all__ = ["CONTRADICTS", "WEIGHTS", "Described", "contradictions", "laid_over", "read_weights"]

WEIGHTS = "weights"
"""The key; no component that is a network has an option of this name."""

CONTRADICTS = "contradicts the weights"
"""The problem of an option that is not the weights' own."""

_EXPECTED = f"{BUILTIN}NAME, or the path of a {SUFFIX} file, a public weight file or its folder"
_BELOW: KeyPath = (WEIGHTS,)


@attrs.frozen(kw_only=True)
class Described:
    """Weights that were found, and the options they were made with."""

    ref: WeightsRef
    options: Mapping[str, Any]


def read_weights(value: object, component: Component, registry: Registry) -> Described:
    """The weights a recipe names for *component*.

    Of our own files only the JSON file is read. Files of others (no JSON file of ours beside them)
    are recognised by the families of *registry*, which takes a moment and imports torch.

    A bare name that is not here is looked for in the weights folders. Of a folder in Hugging Face
    layout the weight file in it is meant.

    Raises:
        Invalid: they do not exist, are damaged or unsafe, or are another component's.
    """
    if not isinstance(value, str):
        raise Invalid("wrong value", expected=_EXPECTED, given=value, below=_BELOW)
    path = _builtin(value, component) if value.startswith(BUILTIN) else Path(value).expanduser()
    if not path.exists():
        path = _in_folders(value, registry)
    try:
        path = weights_in(path)
        facts = read_facts(path) if is_own(path) else None
    except (CheckpointError, InputError) as error:
        raise Invalid(str(error), below=_BELOW) from error
    if facts is None:
        return _read_public(value, path, component, registry)
    title = role_named(component.role).title
    if not is_kind(facts, component.role, component.name):
        problem = f"{value} holds the weights of {describe_kind(facts)}"
        raise Invalid(problem + f", not of the {title} {component.name!r}", below=_BELOW)
    options = facts.get("options")
    if not isinstance(options, Mapping):
        raise Invalid(f"{path.with_suffix('.json')} does not say the options", below=_BELOW)
    ref = WeightsRef(given=value, path=path, sha256=facts["sha256"])
    return Described(ref=ref, options=options)


def _in_folders(value: str, registry: Registry) -> Path:
    """A bare name in one of the weights folders."""
    if Path(value).name == value:
        found = found_in_folders(value)
        if found is not None:
            return found
        for family in registry.families():
            for file in family.files:
                if file.name == value:
                    raise Invalid(missing_text(file, weights_folder() / value), below=_BELOW)
    raise Invalid("no such file", given=value, below=_BELOW)


def _read_public(value: str, path: Path, component: Component, registry: Registry) -> Described:
    from styletalker.core.weights_file.fit import fit_for
    from styletalker.core.weights_file.read import read_weights_file

    try:
        found = fit_for(read_weights_file(path), registry, component.role, component.name)
    except (CheckpointError, InputError, PluginError) as error:
        raise Invalid(str(error), below=_BELOW) from error
    ref = WeightsRef(given=value, path=path, sha256=digest_of(path), family=found.family.name)
    return Described(ref=ref, options=found.fit.options)


def laid_over(stored: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """*given* over *stored*, mapping by mapping; one that changes its ``type:`` replaces all."""
    result = dict(stored)
    for key, value in given.items():
        below = stored.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            same = value.get("type", below.get("type")) == below.get("type")
            result[key] = laid_over(below, value) if same else value
        else:
            result[key] = value
    return result


def contradictions(
    config: type, given: Mapping[str, Any], meant: Mapping[str, Any], stored: Mapping[str, Any]
) -> list[Invalid]:
    """Options that were *given* and, as they are *meant*, differ from the weights' *stored* ones.

    All three are plain values; the last two name every option.
    """
    free = {field.name for field in describe(config) if field.operational or field.usage}
    written = {key: value for key, value in given.items() if key not in free}
    return [
        Invalid(
            CONTRADICTS,
            expected=repr(there),
            given=here,
            below=path,
            fix="Leave it out, or choose other weights.",
        )
        for path, here, there in _differing(written, meant, stored, ())
    ]


def _differing(
    given: Mapping[str, Any], meant: Mapping[str, Any], stored: Mapping[str, Any], path: KeyPath
) -> Iterator[tuple[KeyPath, Any, Any]]:
    for key, value in given.items():
        here, there = meant.get(key), stored.get(key)
        if here == there:
            continue
        if isinstance(value, Mapping) and isinstance(here, Mapping) and isinstance(there, Mapping):
            yield from _differing(value, here, there, (*path, key))
        else:
            yield (*path, key), here, there


def _builtin(value: str, component: Component) -> Path:
    name = value.removeprefix(BUILTIN)
    label = f"the {role_named(component.role).title} {component.name!r}"
    if not component.pretrained:
        fix = f"Give the path of a {SUFFIX} file."
        raise Invalid(f"{label} has no built-in weights", given=value, below=_BELOW, fix=fix)
    if name not in component.pretrained:
        raise Invalid(
            f"{label} has no such built-in weights",
            given=name,
            name=name,
            choices=tuple(component.pretrained),
            below=_BELOW,
        )
    try:
        return pretrained_path(component, name)
    except PluginError as error:
        raise Invalid(str(error), below=_BELOW) from error
