"""Trained talkers: from a folder, from a run, or as the installed components bring them.

An installed talker, ``builtin:NAME``, is no folder of its own: it is made of the weights that the
components bring under that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styletalker.core.assembly import Components
from styletalker.core.config.options import Chosen, WeightsRef
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import (
    CheckpointError,
    ConfigError,
    InputError,
    PluginError,
    RunError,
    StyletalkerError,
    compose,
)
from styletalker.core.files import read_json
from styletalker.core.registry import Registry
from styletalker.core.roles import ROLES, role_named
from styletalker.core.run.artifacts import is_run, latest_artifact
from styletalker.core.talker_folder import TALKER_FILE, TALKER_FORMAT, TALKER_ROLES
from styletalker.core.weights import BUILTIN, SUFFIX, is_kind, pretrained_offers, read_facts

__all__ = ["PretrainedTalker", "builtin_talkers", "load_talker_components"]

_ARTIFACT = "talker"
"""What stages call the folder of a talker they write."""


class PretrainedTalker(Components):
    """The components of a trained talker; each is built and its weights are read when asked for."""

    def __init__(
        self,
        chosen: Mapping[str, Chosen],
        registry: Registry,
        *,
        name: str,
        source: str,
        facts: Mapping[str, Any],
    ) -> None:
        """Use :func:`load_talker_components`."""
        super().__init__(chosen, registry)
        self.name = name
        """What it is called."""
        self.source = source
        """Where it is from: its folder, or ``builtin:NAME``."""
        self.facts = facts
        """The content of ``talker.json``, such as ``fps`` and ``card``; empty if it is built in."""

    @property
    def digests(self) -> dict[str, str]:
        """Role -> SHA-256 of its tensors: which weights exactly made a result."""
        return {
            role: chosen.weights.sha256
            for role, chosen in self._chosen.items()
            if chosen.weights is not None
        }

    def _missing(self, role: str) -> StyletalkerError:
        title = role_named(role).title
        has = ", ".join(self.roles)
        return CheckpointError(f"{self.source}: this talker has no {title}; it has {has}")


def load_talker_components(source: str | Path, registry: Registry) -> PretrainedTalker:
    """A trained talker; tensors are read, and checked, when a component is first asked for.

    Args:
        source: a folder that :func:`~styletalker.core.talker_folder.save_talker` wrote, the
            directory of a run whose last artifact ``talker`` is meant, or ``builtin:NAME``.
        registry: the components that are installed.

    Raises:
        InputError: *source* is nothing of that kind.
        CheckpointError: something in the folder is missing or damaged, or does not belong there.
        PluginError: no component of that type is installed, or the installed components bring no
            talker of that name, an incomplete one, or two parts for one role.
        RunError: no stage of the run has written a talker yet.
    """
    if str(source).startswith(BUILTIN):
        return _built_in(str(source), registry)
    folder = Path(source).expanduser()
    if not folder.is_dir():
        problem = "is a file, not a talker's folder" if folder.exists() else "no such folder"
        raise InputError(f"{source}: {problem}. {_fix(registry)}")
    if not (folder / TALKER_FILE).is_file():
        if not is_run(folder):
            raise InputError(f"{source}: has no {TALKER_FILE}. {_fix(registry)}")
        folder = latest_artifact(folder, _ARTIFACT)
    return _from_folder(folder, registry)


def builtin_talkers(registry: Registry) -> tuple[str, ...]:
    """Names of the complete talkers that installed components bring, sorted."""
    roles: dict[str, set[str]] = {}
    for offer in registry.offers():
        for name in offer.component.pretrained:
            roles.setdefault(name, set()).add(offer.component.role)
    return tuple(sorted(name for name, have in roles.items() if have.issuperset(TALKER_ROLES)))


def _built_in(source: str, registry: Registry) -> PretrainedTalker:
    name = source.removeprefix(BUILTIN)
    offers = pretrained_offers(registry, name)
    if not offers:
        known = builtin_talkers(registry)
        fix = None if known else "None is installed."
        raise PluginError(
            compose("no such built-in talker", given=name, name=name, choices=known, fix=fix)
        )
    lacking = [role_named(role).title for role in TALKER_ROLES if role not in offers]
    if lacking:
        raise PluginError(
            f"the built-in talker {name!r} is not complete: no installed component brings weights "
            f"of that name for the {', '.join(lacking)}"
        )
    structurer, chosen = Structurer(registry), {}
    for role, offer in offers.items():
        value = {"type": offer.qualified, "weights": source}
        part, faults = structurer.choose(role, value)
        if part is None:
            lines = "; ".join(fault.line() for fault in faults)
            raise CheckpointError(f"the {role_named(role).title} of {source}: {lines}")
        chosen[role] = part
    return PretrainedTalker(chosen, registry, name=name, source=source, facts={})


def _from_folder(folder: Path, registry: Registry) -> PretrainedTalker:
    path = folder / TALKER_FILE
    try:
        facts = read_json(path)
    except RunError as error:
        raise CheckpointError(str(error)) from error
    entries = facts.get("components") if isinstance(facts, dict) else None
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise CheckpointError(f"{path}: does not describe a talker: it has no components")
    if facts.get("format") != TALKER_FORMAT:
        raise CheckpointError(
            f"{path}: was written by another version of styletalker "
            f"(format {facts.get('format')}, this one reads {TALKER_FORMAT})"
        )
    lacking = [role for role in TALKER_ROLES if role not in entries]
    networks = [role.name for role in ROLES if role.neural]
    foreign = sorted(set(entries) - set(networks))
    if lacking or foreign:
        problem = f"lacks {', '.join(lacking)}" if lacking else f"has a strange {foreign[0]!r}"
        raise CheckpointError(f"{path}: is not a talker of this version: it {problem}")
    chosen = {role: _part(folder, role, entry, registry) for role, entry in entries.items()}
    name = str(facts.get("name", folder.name))
    return PretrainedTalker(chosen, registry, name=name, source=str(folder), facts=facts)


def _part(folder: Path, role: str, entry: Mapping[str, Any], registry: Registry) -> Chosen:
    """One component of a talker's folder, found and described; no tensor is read."""
    where = f"{folder / TALKER_FILE}: {role}"
    file, kind, options = entry.get("file"), entry.get("type"), entry.get("options")
    if not (isinstance(kind, str) and isinstance(options, dict)):
        raise CheckpointError(f"{where}: does not say type and options")
    if not isinstance(file, str) or Path(file).name != file or not file.endswith(SUFFIX):
        raise CheckpointError(
            f"{where}: the file must be a {SUFFIX} file in the folder, not {file!r}"
        )
    facts = read_facts(folder / file)
    if facts["sha256"] != entry.get("sha256"):
        raise CheckpointError(f"{folder / file}: does not match its checksum in {TALKER_FILE}")
    if not is_kind(facts, role, kind) or facts.get("options") != options:
        raise CheckpointError(f"{where}: says something else than the file beside {file}")
    target = registry.get(role, kind).component.config
    try:
        config = Structurer(registry).structure(options, target)
    except ConfigError as error:
        title = role_named(role).title
        text = "; ".join(str(error).splitlines())
        raise CheckpointError(f"{where}: not options of the {title} {kind!r}: {text}") from error
    ref = WeightsRef(given=str(folder / file), path=folder / file, sha256=facts["sha256"])
    return Chosen(role=role, type=kind, config=config, weights=ref)


def _fix(registry: Registry) -> str:
    known = ", ".join(f"{BUILTIN}{name}" for name in builtin_talkers(registry))
    more = f"; there is {known}" if known else ""
    return f"Give a talker's folder, a run directory or {BUILTIN}NAME{more}."
