"""Files of ``torch.save``, read with ``weights_only=True``."""

from __future__ import annotations

import argparse
import pickle
import re
from pathlib import Path
from typing import Any

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.flatten import flatten

__all__ = ["read_torch_file"]

_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")


def read_torch_file(path: Path, layout: str) -> WeightsFile:
    """Read tensors and plain values; zip files are mapped, older ones are read into memory.

    ``argparse.Namespace`` is allowed, in which trainings keep their options: it is a bag of
    attributes and runs nothing.

    Raises:
        CheckpointError: it names anything else, or is damaged.
    """
    mapped = layout == "torch-zip"
    try:
        with torch.serialization.safe_globals([argparse.Namespace, *_numpy_numbers()]):
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except (pickle.UnpicklingError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(_reason(path, error)) from error
    except (EOFError, IndexError, AttributeError, OSError) as error:
        raise CheckpointError(f"{path}: is damaged: {error}") from error
    tensors, values = flatten(content, str(path))
    return WeightsFile(path=path, layout=layout, tensors=tensors, values=values)


def _numpy_numbers() -> list[Any]:
    """Stand-ins for the numbers of numpy that trainings keep, such as the best loss so far."""
    from styletalker.core.weights_file.stand_ins import NUMPY

    return [(stand_in, name) for name, stand_in in NUMPY.items()]


def _reason(path: Path, error: Exception) -> str:
    """Torch's message without its advice, which is to load the file unsafely."""
    text = " ".join(str(error).split())
    if found := _GLOBAL.search(text):
        return (
            f"{path}: is refused: it names {found[1]}, and only tensors and plain values are read"
        )
    if "Weights only load failed" in text or "weights_only" in text:
        detail = text.rpartition("WeightsUnpickler error:")[2].strip()[:200]
        return f"{path}: is refused: {detail or 'its pickle is not one of tensors alone'}"
    return f"{path}: is damaged: {text[:200]}"
