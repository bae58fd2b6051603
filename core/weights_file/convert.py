"""Public weights -> our own files with their origin beside them, and back where a family can."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from styletalker.core.checkpoint import load_component, save_checkpoint, save_component
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.files import atomic_path, digest_of
from styletalker.core.registry import Registry, import_target
from styletalker.core.weights import SUFFIX, is_own, read_facts
from styletalker.core.weights_file.family import WeightsFamily
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fitting, fits_of, held_text
from styletalker.core.weights_file.load import load_public
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.report import provenance

__all__ = ["convert_weights"]


def convert_weights(
    path: Path,
    output: Path,
    registry: Registry,
    *,
    family: str | None = None,
    as_is: bool = False,
) -> dict[str, Any]:
    """Convert a weight file.

    Args:
        path: a public file, or one of our own.
        output: ``.safetensors`` for a file of our own, with a JSON file beside it that says what
            it is and where it is from; any other suffix for a layout that a family writes.
        registry: the components and families that are installed.
        family: which family, if several recognise the file or several could write it.
        as_is: keep all tensors under their own names; recipes may name the result as they may name
            the public file.

    Returns:
        What was written: the facts in the JSON file, or ``{"family": ...}``.

    Raises:
        InputError: there is no such file, or no such family.
        CheckpointError: the file is refused, or holds nothing that is known here.
        RunError: the output cannot be written.
    """
    if family is not None:
        names = [known.name for known in registry.families()]
        if family not in names:
            raise InputError(compose("no such family", given=family, name=family, choices=names))
    if output.suffix != SUFFIX:
        return _write_public(path, output, registry, family)
    file = read_weights_file(path)
    if as_is:
        about = provenance(file.path, digest_of(file.path), file.layout, None)
        more = {"values": dict(file.values), "arguments": dict(file.arguments)}
        save_checkpoint(output, file.tensors, source=about, **more)
        return dict(read_facts(output))
    fitting = _chosen(file, registry, family)
    about = provenance(file.path, digest_of(file.path), file.layout, fitting.family)
    about |= {"part": fitting.fit.part, "architecture": fitting.fit.architecture}
    if fitting.family.role is None:
        facts = {"family": fitting.family.name, "options": dict(fitting.fit.options)}
        save_checkpoint(output, fitting.fit.tensors, source=about, **facts)
    else:
        _write_own(file, output, registry, fitting, about)
    return dict(read_facts(output))


def _write_own(
    file: WeightsFile,
    output: Path,
    registry: Registry,
    fitting: Fitting,
    about: Mapping[str, Any],
) -> None:
    role, component = str(fitting.family.role), str(fitting.family.component)
    module, _ = load_public(file.path, registry, role=role, component=component)
    options = Structurer(registry).plain(module.config)
    save_component(
        output, module, role=role, type=component, options=options, step=0, source=dict(about)
    )


def _chosen(file: WeightsFile, registry: Registry, family: str | None) -> Fitting:
    """The family to convert by: the one asked for, or the only one, or the only component's."""
    found = fits_of(file, registry)
    if family is not None:
        for fitting in found:
            if fitting.family.name == family:
                return fitting
        held = held_text(file, registry)
        raise CheckpointError(f"{file.path}: holds nothing of the family {family!r}: {held}")
    for group in (found, [f for f in found if f.family.role is not None]):
        if len(group) == 1:
            return group[0]
    if found:
        names = ", ".join(fitting.family.name for fitting in found)
        raise InputError(f"{file.path}: holds several networks; choose one with --family: {names}")
    fix = "With --as-is its tensors keep their names."
    raise CheckpointError(f"{file.path}: {held_text(file, registry)}. {fix}")


def _write_public(
    path: Path, output: Path, registry: Registry, family: str | None
) -> dict[str, Any]:
    if is_own(path):
        facts = read_facts(path)
        role, kind = str(facts["role"]), str(facts["type"]).rpartition("/")[2]
        module: Any = load_component(path, registry)
    else:
        fitting = _chosen(read_weights_file(path), registry, None)
        if fitting.family.role is None:
            raise CheckpointError(f"{path}: a network without a role cannot be written as {output}")
        role, kind = fitting.family.role, str(fitting.family.component)
        module, _ = load_public(path, registry, role=role, component=kind)
    writer = _writer(registry, role, kind, family)
    content = import_target(str(writer.write))(module)
    with atomic_path(output) as temporary:
        torch.save(content, temporary)
    return {"family": writer.name}


def _writer(registry: Registry, role: str, kind: str, family: str | None) -> WeightsFamily:
    able = [f for f in registry.families() if f.write and (f.role, f.component) == (role, kind)]
    chosen = [f for f in able if family in (None, f.name)]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f.name for f in able) or "none"
    raise InputError(
        f"the {role} {kind!r} can be written as a {SUFFIX} file, or in the layout of a family that "
        f"--family chooses; there is {names}"
    )
