"""Tensors from files that torch.save wrote, without running what a pickle may hold."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from styletalker.core.errors import CheckpointError, compose
from torch import Tensor, nn

__all__ = ["load_state", "read_torch_file", "state_of"]

_WRAPPER = "module."
"""What DataParallel puts before every name."""
_COUNTER = "num_batches_tracked"
"""Buffers that old files lack; they do not influence what a network computes."""
_SHOWN = 3
"""Differences that a message lists."""


def read_torch_file(path: Path) -> Any:
    """What is in a file of torch.save: tensors and plain containers, nothing else.

    Files in the zip format are mapped into memory, not read; the older format is read.

    Raises:
        CheckpointError: it is missing, damaged, or holds objects other than tensors.
    """
    if not path.is_file():
        raise CheckpointError(compose("no such file", where=str(path)))
    try:
        return torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except pickle.UnpicklingError as error:
        problem = "is not a file of tensors alone, and is not read: it could run code"
        raise CheckpointError(compose(problem, where=str(path))) from error
    except (RuntimeError, OSError, EOFError, ValueError, KeyError) as error:
        text = " ".join(str(error).split())[:200]
        raise CheckpointError(compose(f"cannot be read: {text}", where=str(path))) from error


def state_of(path: Path, key: str | None = None) -> dict[str, Tensor]:
    """The state dict in a file, names without ``module.``.

    Args:
        path: of the file.
        key: the entry that holds it, as ``state_dict`` in Wav2Lip's files; a file that is a flat
            state dict itself is taken too.

    Raises:
        CheckpointError: it cannot be read, or holds no state dict.
    """
    content = read_torch_file(path)
    if key is not None and isinstance(content, Mapping) and key in content:
        content = content[key]
    if not isinstance(content, Mapping) or not content:
        expected = "a state dict" + (f", or one under {key!r}" if key else "")
        given = type(content).__name__
        raise CheckpointError(
            compose("holds no weights", where=str(path), expected=expected, given=given)
        )
    other = [name for name, value in content.items() if not isinstance(value, Tensor)]
    if other:
        problem = f"entry {other[0]!r} is no tensor"
        raise CheckpointError(compose(problem, where=str(path), expected="a state dict"))
    return {str(name).removeprefix(_WRAPPER): value for name, value in content.items()}


def load_state(module: nn.Module, state: Mapping[str, Tensor], where: Path) -> None:
    """Load a public state dict into *module*; absent ``num_batches_tracked`` are tolerated.

    Raises:
        CheckpointError: a tensor is missing, unknown or of another shape, or not finite; the first
            ones are named.
    """
    wanted = module.state_dict()
    problems = [
        f"{name} {tuple(value.shape)} is missing"
        for name, value in wanted.items()
        if name not in state and not name.endswith(_COUNTER)
    ]
    problems += [f"{name} is not known" for name in state if name not in wanted]
    problems += [
        f"{name} has the shape {tuple(value.shape)} instead of {tuple(wanted[name].shape)}"
        for name, value in state.items()
        if name in wanted and value.shape != wanted[name].shape
    ]
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
