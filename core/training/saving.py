"""Checkpoints of a training: one folder per step, written whole or not at all.

::

    training/step-00001200/
        weights.safetensors    trained parameters and buffers of every objective
        average.safetensors    running averages (rank 0)
        optimizer.safetensors  Adam's moments by parameter name
        state.json             step, seconds, open records, what the watches have seen

Each ``.safetensors`` has its ``.json`` with a checksum beside it. What is frozen is not kept: a
stage makes it anew from its inputs.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from styletalker.core.checkpoint import load_checkpoint, save_checkpoint
from styletalker.core.errors import CheckpointError, RunError, TrainingError
from styletalker.core.files import read_json, write_json
from torch import Tensor

__all__ = ["Snapshot", "load_newest", "load_step", "save_snapshot"]

_KEPT = 2
"""Checkpoints on disk: the newest, and the last good one before it."""
_NAME = re.compile(r"step-(\d+)")
_PARTS = ("weights", "average", "optimizer")
_FORMAT = 1


@attrs.frozen(kw_only=True, eq=False)
class Snapshot:
    """Everything a training goes on from."""

    step: int
    """Finished steps."""
    weights: Mapping[str, Tensor]
    average: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]
    state: Mapping[str, Any]
    """Ready for JSON."""


def save_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Write a checkpoint into *folder* and remove older ones.

    Raises:
        TrainingError: a weight is not finite; nothing is written or removed.
        RunError: it cannot be written.
    """
    for part in _PARTS:
        for name, tensor in getattr(snapshot, part).items():
            if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
                raise TrainingError(f"{part}: {name} holds values that are not finite")
    path = folder / _name(snapshot.step)
    if path.exists():
        return
    temporary = folder / f".{path.name}.part"
    _remove(temporary)
    for part in _PARTS:
        tensors = getattr(snapshot, part)
        save_checkpoint(temporary / f"{part}.safetensors", tensors, step=snapshot.step)
    state = {"format": _FORMAT, "step": snapshot.step, **snapshot.state}
    write_json(temporary / "state.json", state)
    try:
        temporary.rename(path)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror}") from error
    for step in _steps(folder)[_KEPT:]:
        _remove(folder / _name(step))


def load_newest(folder: Path, say: Callable[[str], object]) -> Snapshot | None:
    """The newest whole checkpoint in *folder*; None if there is none.

    Args:
        folder: where :func:`save_snapshot` wrote.
        say: told of each damaged one that is passed over (and removed).
    """
    for step in _steps(folder):
        try:
            return load_step(folder, step)
        except CheckpointError as error:
            say(f"{error}; the checkpoint of step {step} is passed over")
            _remove(folder / _name(step))
    return None


def load_step(folder: Path, step: int) -> Snapshot:
    """The checkpoint of *step*.

    Raises:
        CheckpointError: it is damaged or there is none.
    """
    path = folder / _name(step)
    parts = {part: load_checkpoint(path / f"{part}.safetensors").tensors for part in _PARTS}
    try:
        state = read_json(path / "state.json")
    except RunError as error:
        raise CheckpointError(str(error)) from error
    if state.get("format") != _FORMAT or state.get("step") != step:
        raise CheckpointError(f"{path}/state.json: is of another version or another step")
    return Snapshot(step=step, state=state, **parts)


def _name(step: int) -> str:
    return f"step-{step:08d}"


def _steps(folder: Path) -> list[int]:
    """Steps with a checkpoint, the newest first."""
    if not folder.is_dir():
        return []
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted((int(match[1]) for match in found if match), reverse=True)


def _remove(folder: Path) -> None:
    """Remove a folder; it is renamed first, so that a kill leaves no half-removed checkpoint."""
    if not folder.exists():
        return
    hidden = folder.with_name(f".{folder.name.lstrip('.')}.old")
    shutil.rmtree(hidden, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)
