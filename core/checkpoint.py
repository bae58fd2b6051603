"""Weights on disk: safetensors, with a JSON file beside that says what they are.

No pickle is read or written here. ``generator.safetensors`` holds the tensors and
``generator.json`` the role, component, configuration, step and the tensors' checksum.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from styletalker.core.errors import CheckpointError, RunError
from styletalker.core.files import atomic_path, digest_of, read_json, write_json
from torch import Tensor, nn

__all__ = ["Checkpoint", "load_checkpoint", "load_into", "save_checkpoint"]

_FORMAT = 1
_SHOWN = 5
"""How many names of missing or unexpected tensors a message lists."""


@attrs.frozen(kw_only=True, eq=False)
class Checkpoint:
    """Tensors, and what they are."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]
    """What was said when saving, such as role, type, options and step."""
    path: Path


def save_checkpoint(path: Path, tensors: Mapping[str, Tensor], **facts: Any) -> None:
    """Write tensors to *path* (``.safetensors``) and *facts* to the ``.json`` beside it.

    Each file is written atomically, the tensors first; a kill between the two is noticed when
    loading, by the checksum.

    Raises:
        RunError: a file cannot be written.
        CheckpointError: *path* has another suffix.
    """
    if path.suffix != ".safetensors":
        raise CheckpointError(f"{path}: weights are written to a .safetensors file")
    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        try:
            save_file(own, temporary)
        except SafetensorError as error:
            raise RunError(f"{path}: cannot be written: {error}") from error
    write_json(path.with_suffix(".json"), {"format": _FORMAT, "sha256": digest_of(path), **facts})


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: a file is missing, damaged, or the two do not belong together.
    """
    sidecar = path.with_suffix(".json")
    for file in (path, sidecar):
        if not file.is_file():
            raise CheckpointError(f"{file}: no such file")
    try:
        with safe_open(path, framework="pt") as file_handle:
            tensors = {name: file_handle.get_tensor(name) for name in file_handle.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: is not a readable safetensors file: {error}") from error
    try:
        facts = read_json(sidecar)
    except RunError as error:
        raise CheckpointError(str(error)) from error
    if facts.get("sha256") != digest_of(path):
        raise CheckpointError(f"{path}: does not match its checksum in {sidecar.name}")
    return Checkpoint(tensors=tensors, facts=facts, path=path)


def load_into(module: nn.Module, checkpoint: Checkpoint) -> None:
    """Load a checkpoint into a module; every tensor must match.

    Raises:
        CheckpointError: names or shapes differ (weights of another architecture), or a value
            is not finite.
    """
    wanted, given = module.state_dict(), checkpoint.tensors
    problems = []
    missing, extra = sorted(set(wanted) - set(given)), sorted(set(given) - set(wanted))
    if missing:
        problems.append(f"{len(missing)} tensors are missing ({_names(missing)})")
    if extra:
        problems.append(f"{len(extra)} are not known ({_names(extra)})")
    shared = sorted(set(wanted) & set(given))
    problems += [
        f"{name} has the shape {tuple(given[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name in shared
        if given[name].shape != wanted[name].shape
    ][:_SHOWN]
    if problems:
        label = type(module).__name__
        raise CheckpointError(f"{checkpoint.path}: is not for this {label}: " + "; ".join(problems))
    for name in shared:
        if given[name].is_floating_point() and not given[name].isfinite().all():
            raise CheckpointError(f"{checkpoint.path}: {name} holds values that are not finite")
    module.load_state_dict(dict(given))


def _names(names: list[str]) -> str:
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
