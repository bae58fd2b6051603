"""A tuned generator as a small file: what has changed against the generator it was tuned from.

Changes are rounded to half precision. Those of convolutions and layers can be written as
products of two thin matrices (a singular value decomposition, cut), as a tuning changes little.
"""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path

import torch
from styletalker.core.checkpoint import load_checkpoint, save_checkpoint
from styletalker.core.errors import CheckpointError, InputError, compose
from styletalker.core.interfaces.generator import Generator
from torch import Tensor

__all__ = ["apply_delta", "save_delta"]

_KIND = "generator delta"
_LEFT, _RIGHT = ".left", ".right"
"""Suffixes of the two factors of a tensor's change."""


def save_delta(
    path: Path,
    *,
    base: Generator,
    tuned: Generator,
    ws: Tensor | None = None,
    rank: int | None = None,
) -> None:
    """Write what differs between two generators to *path* (``.safetensors``).

    Args:
        path: the file; a JSON file goes beside it.
        base: the generator that was given to the inverter.
        tuned: the one that came back.
        ws: the portrait's codes [B, L, D], to keep them with it.
        rank: columns of the two factors of a change; None writes changes in full.

    Raises:
        InputError: the generators are of different kinds, or *rank* is below 1.
        RunError: a file cannot be written.
    """
    if rank is not None and rank < 1:
        raise InputError(compose("no such rank", expected="at least 1, or None", given=rank))
    before, after = base.state_dict(), tuned.state_dict()
    if {n: v.shape for n, v in before.items()} != {n: v.shape for n, v in after.items()}:
        raise InputError("the tuned generator is not a copy of the base: tensors differ in shape")
    tensors: dict[str, Tensor] = {} if ws is None else {"ws": ws.detach().cpu()}
    for name, value in after.items():
        change = value.detach().float() - before[name].detach().float()
        if change.any():
            tensors |= _written(f"delta.{name}", change, rank)
    facts = {"kind": _KIND, "base": _digest(base), "rank": rank}
    save_checkpoint(path, tensors, **facts)


def apply_delta(path: Path, base: Generator) -> tuple[Generator, Tensor | None]:
    """A tuned copy of *base*, and the codes that were kept with it.

    Raises:
        CheckpointError: the file is missing or damaged, is no delta, or belongs to another
            generator.
    """
    checkpoint = load_checkpoint(path)
    if checkpoint.facts.get("kind") != _KIND:
        raise CheckpointError(f"{path}: is not a generator's delta")
    if checkpoint.facts.get("base") != _digest(base):
        fix = "Load the generator it was tuned from."
        raise CheckpointError(compose("belongs to another generator", where=str(path), fix=fix))
    tensors = dict(checkpoint.tensors)
    ws = tensors.pop("ws", None)
    tuned = copy.deepcopy(base)
    state = tuned.state_dict()
    for name in {name.removesuffix(_LEFT).removesuffix(_RIGHT) for name in tensors}:
        target = name.removeprefix("delta.")
        if target not in state:
            raise CheckpointError(f"{path}: no tensor of the generator is called {target!r}")
        change = _read(name, tensors).reshape(state[target].shape)
        with torch.no_grad():
            state[target].copy_(state[target].float() + change)
    return tuned, ws


def _written(name: str, change: Tensor, rank: int | None) -> dict[str, Tensor]:
    """A change as one tensor or as two factors, whichever is smaller."""
    matrix = change.flatten(1) if change.dim() > 1 else change
    if rank is None or matrix.dim() < 2 or rank * sum(matrix.shape) >= matrix.numel():
        return {name: _halved(change)}
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    root = values[:rank].sqrt()
    return {
        name + _LEFT: _halved(left[:, :rank] * root),
        name + _RIGHT: _halved(root[:, None] * right[:rank]),
    }


def _read(name: str, tensors: dict[str, Tensor]) -> Tensor:
    if name in tensors:
        return tensors[name].float()
    return tensors[name + _LEFT].float() @ tensors[name + _RIGHT].float()


def _halved(change: Tensor) -> Tensor:
    """In half precision, unless it is beyond its range."""
    half = change.half()
    return half if half.isfinite().all() else change


def _digest(generator: Generator) -> str:
    """SHA-256 over names and values of a generator's state, whatever its device."""
    total = hashlib.sha256()
    for name, value in sorted(generator.state_dict().items()):
        total.update(name.encode())
        total.update(value.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
