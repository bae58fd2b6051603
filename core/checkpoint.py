"""Weights on disk: safetensors, with a JSON file beside that says what they are.

No pickle is read or written here. ``generator.safetensors`` holds the tensors and
``generator.json`` the role, component, configuration, step and the tensors' checksum. A file may
hold half-precision numbers; a module keeps its own type when it loads them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from styletalker.core.assembly import build
from styletalker.core.config.options import Chosen, WeightsRef
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import CheckpointError, ConfigError, InputError, RunError, compose
from styletalker.core.files import atomic_path, digest_of, write_json
from styletalker.core.registry import Registry
from styletalker.core.roles import role_named
from styletalker.core.weights import FORMAT, SUFFIX, describe_kind, read_facts
from styletalker.core.weights_file.tensors import Tensors
from torch import Tensor, nn

__all__ = [
    "Checkpoint",
    "HalfType",
    "load_checkpoint",
    "load_component",
    "load_into",
    "save_checkpoint",
    "save_component",
]

HalfType = Literal["float16", "bfloat16"]
"""How floating-point tensors may be written to take half the space."""

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
    if path.suffix != SUFFIX:
        raise CheckpointError(f"{path}: weights are written to a .safetensors file")
    own = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        try:
            save_file(own, temporary)
        except SafetensorError as error:
            raise RunError(f"{path}: cannot be written: {error}") from error
    write_json(path.with_suffix(".json"), {"format": FORMAT, "sha256": digest_of(path), **facts})


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: a file is missing, damaged, or the two do not belong together.
    """
    facts = read_facts(path)
    try:
        with safe_open(path, framework="pt") as file_handle:
            tensors = {name: file_handle.get_tensor(name) for name in file_handle.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: is not a readable safetensors file: {error}") from error
    if facts["sha256"] != digest_of(path):
        sidecar = path.with_suffix(".json").name
        raise CheckpointError(f"{path}: does not match its checksum in {sidecar}")
    return Checkpoint(tensors=tensors, facts=facts, path=path)


def load_into(module: nn.Module, checkpoint: Checkpoint) -> None:
    """Load a checkpoint into a module; every tensor must match. Numbers take the module's type.

    Raises:
        CheckpointError: names or shapes differ (weights of another architecture), or a value
            is not finite.
    """
    wanted, given = module.state_dict(), Tensors.of(checkpoint.tensors)
    shapes, dtypes = given.shapes, given.dtypes
    problems = []
    missing, extra = sorted(set(wanted) - set(given)), sorted(set(given) - set(wanted))
    if missing:
        problems.append(f"{len(missing)} tensors are missing ({_names(missing)})")
    if extra:
        problems.append(f"{len(extra)} are not known ({_names(extra)})")
    shared = sorted(set(wanted) & set(given))
    problems += [
        f"{name} has the shape {shapes[name]} instead of {tuple(wanted[name].shape)}"
        for name in shared
        if shapes[name] != tuple(wanted[name].shape)
    ][:_SHOWN]
    problems += [
        f"{name} holds {_type(dtypes[name])} instead of {_type(wanted[name].dtype)}"
        for name in shared
        if dtypes[name].is_floating_point != wanted[name].is_floating_point()
    ][:_SHOWN]
    if problems:
        label = type(module).__name__
        raise CheckpointError(f"{checkpoint.path}: is not for this {label}: " + "; ".join(problems))
    for name in shared:
        if dtypes[name].is_floating_point and not given[name].isfinite().all():
            raise CheckpointError(f"{checkpoint.path}: {name} holds values that are not finite")
    with torch.no_grad():
        for name in shared:  # one at a time: tensors of a mapped file are read here and let go of
            wanted[name].copy_(given[name])


def save_component(
    path: Path,
    module: nn.Module,
    *,
    role: str,
    type: str,  # noqa: A002
    options: Mapping[str, Any],
    step: int,
    dtype: HalfType | None = None,
    **facts: Any,
) -> None:
    """Write a network so that recipes can name it under ``weights:``.

    Args:
        path: the ``.safetensors`` file; the ``.json`` file goes beside it.
        module: the network. The sizes its role got from other components are kept too.
        role: the role it fills.
        type: its name in the registry.
        options: its options as plain values, all of them: ``Structurer.plain`` of its config.
        step: the training step it comes from.
        dtype: what floating-point tensors are rounded to; None keeps them as they are.
        facts: more to say about it, such as the recipe and the corpus.

    Raises:
        CheckpointError: a value is not finite, or not in the range of *dtype*.
        InputError: the options are not plain values, or *dtype* is another.
        RunError: a file cannot be written.
    """
    try:
        plain = json.loads(json.dumps(dict(options)))
    except TypeError as error:
        fix = "Give Structurer(registry).plain(config)."
        raise InputError(compose(f"options are not plain values: {error}", fix=fix)) from error
    sizes = {keyword: int(getattr(module, keyword)) for keyword in role_named(role).needs}
    tensors = {
        name: _rounded(f"{path}: {name}", tensor.detach(), dtype)
        for name, tensor in module.state_dict().items()
    }
    known = {"role": role, "type": type, "options": plain, "sizes": sizes, "step": step}
    save_checkpoint(path, tensors, **known, dtype=dtype or "as trained", **facts)


def load_component(path: Path, registry: Registry) -> nn.Module:
    """A network as :func:`save_component` wrote it, in training mode, on the CPU.

    Raises:
        CheckpointError: a file is missing or damaged, does not say how to build the network, or
            its options are not those of the component any more.
        PluginError: no such component is installed.
    """
    facts = read_facts(path)
    role, kind, options = facts.get("role"), facts.get("type"), facts.get("options")
    sizes = facts.get("sizes", {})
    if not (isinstance(role, str) and isinstance(kind, str) and isinstance(options, dict)):
        raise CheckpointError(f"{path.with_suffix('.json')}: does not say role, type and options")
    lacking = sorted(set(role_named(role).needs) - set(sizes))
    if lacking:
        raise CheckpointError(f"{path.with_suffix('.json')}: does not say {', '.join(lacking)}")
    try:
        target = registry.get(role, kind).component.config
        config = Structurer(registry).structure(options, target)
    except ConfigError as error:
        label = describe_kind(facts)
        raise CheckpointError(f"{path}: its options are not those of {label}: {error}") from error
    ref = WeightsRef(given=str(path), path=path, sha256=facts["sha256"])
    chosen = Chosen(role=role, type=kind, config=config, weights=ref)
    arguments = {keyword: sizes[keyword] for keyword in role_named(role).needs}
    module: nn.Module = build(chosen, registry, **arguments)
    return module


def _rounded(label: str, tensor: Tensor, dtype: HalfType | None) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    if not tensor.isfinite().all():
        raise CheckpointError(f"{label} holds values that are not finite; nothing was written")
    if dtype is None:
        return tensor
    if dtype not in ("float16", "bfloat16"):
        raise InputError(
            compose("no such dtype", given=dtype, expected="float16, bfloat16 or None")
        )
    rounded = tensor.to(getattr(torch, dtype))
    if not rounded.isfinite().all():
        largest = tensor.abs().max().item()
        raise CheckpointError(
            f"{label} holds {largest:.6g}, which is beyond {dtype}; nothing was written"
        )
    return rounded


def _type(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _names(names: list[str]) -> str:
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
