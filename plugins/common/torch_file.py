"""State dicts of public networks whose own names of tensors are kept, such as SyncNet's.

Files are read by :mod:`styletalker.core.weights_file`, the one reader: nothing in them is executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from styletalker.core.errors import CheckpointError, compose
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.tensors import Tensors
from torch import Tensor, nn

__all__ = ["load_state", "public_state", "state_of", "with_counters"]

_WRAPPER = "module."
"""What DataParallel puts before every name."""
_COUNTER = "num_batches_tracked"
"""Buffers that old files lack; they do not influence what a network computes."""
_SHOWN = 3
"""Differences that a message lists."""


def state_of(path: Path, key: str | None = None) -> Tensors:
    """The state dict in a file of any layout that is read here, names without ``module.``.

    Args:
        path: of the file.
        key: the entry that holds it, as ``state_dict`` in Wav2Lip's files; a file that is a flat
            state dict itself is taken too.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is damaged or unsafe, or holds no tensors.
    """
    return public_state(read_weights_file(path).tensors, key)


def public_state(tensors: Tensors, key: str | None = None) -> Tensors:
    """The same of the tensors of a file that was read."""
    inner = tensors.under(key) if key is not None else tensors
    return (inner or tensors).without_prefix(_WRAPPER)


def with_counters(state: Tensors) -> Tensors:
    """*state* with a ``num_batches_tracked`` of 0 for each normalisation that has none."""
    counters = {
        name.removesuffix("running_mean") + _COUNTER: torch.zeros((), dtype=torch.long)
        for name in state
        if name.endswith(".running_mean")
    }
    return Tensors.of(counters).joined(state)


def load_state(module: nn.Module, state: Mapping[str, Tensor], where: Path) -> None:
    """Load a public state dict into *module*; absent ``num_batches_tracked`` are tolerated.

    Raises:
        CheckpointError: a tensor is missing, unknown or of another shape, or not finite; the first
            ones are named.
    """
    wanted, shapes = module.state_dict(), Tensors.of(state).shapes
    problems = [
        f"{name} {tuple(value.shape)} is missing"
        for name, value in wanted.items()
        if name not in state and not name.endswith(_COUNTER)
    ]
    problems += [f"{name} is not known" for name in state if name not in wanted]
    problems += [
        f"{name} has the shape {shape} instead of {tuple(wanted[name].shape)}"
        for name, shape in shapes.items()
        if name in wanted and shape != tuple(wanted[name].shape)
    ]
    if not problems:
        problems += [
            f"{name} holds values that are not finite"
            for name, value in state.items()
            if value.is_floating_point() and not value.isfinite().all()
        ]
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        text = f"is not for this {type(module).__name__}: " + "; ".join(problems[:_SHOWN]) + more
        raise CheckpointError(compose(text, where=str(where)))
    module.load_state_dict(dict(state), strict=False)
