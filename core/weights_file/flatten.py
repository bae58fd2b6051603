"""Nested content of a file -> tensors under dotted names, and the other values.

The number of values is bounded: a small pickle can describe an endless tree.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.tensors import Entry, Tensors

__all__ = ["flatten", "plain"]

_MOST_VALUES = 100_000
"""Published files have thousands; an optimiser's state has a few per parameter."""
_DEEPEST = 100
"""Nesting of modules and options; published networks are below 10."""


def flatten(value: object, label: str) -> tuple[Tensors, dict[str, Any]]:
    """Tensors under dotted names, and the other values.

    Args:
        value: nested mappings and lists, as read from *label*.
        label: the file, for messages.

    Raises:
        CheckpointError: nothing is a tensor, two would have one name, or there is no end to it.
    """
    walk = _Walk(label)
    rest = walk.visit(value, ())
    if not walk.tensors:
        raise CheckpointError(f"{label}: holds no tensors")
    return Tensors(walk.tensors), rest if isinstance(rest, dict) else {}


def plain(value: object, label: str) -> Any:
    """*value* as mappings, lists and scalars; anything else becomes the name of its type.

    Raises:
        CheckpointError: it is nested without end.
    """
    return _Walk(label).visit(value, ())


class _Walk:
    """One walk over a file's content."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.tensors: dict[str, Entry] = {}
        self._seen = 0

    def visit(self, value: object, path: tuple[str, ...]) -> Any:
        """The plain part of *value*; None where all of it is tensors."""
        self._seen += 1
        if self._seen > _MOST_VALUES or len(path) > _DEEPEST:
            raise CheckpointError(f"{self.label}: is refused: its content is nested without end")
        if isinstance(value, torch.Tensor):
            # Sparse and quantised tensors are in no network here.
            if value.layout != torch.strided or value.is_quantized:
                return "<a tensor of a special kind>"
            value = Entry.of(value.detach())
        if isinstance(value, Entry):
            self._keep(value, ".".join(path))
            return None
        if isinstance(value, argparse.Namespace):
            value = vars(value)
        if not isinstance(value, Mapping | list | tuple | set | frozenset):
            return _scalar(value)
        known = len(self.tensors)
        found = dict(self._below(value, path))
        if len(self.tensors) > known and not found:
            return None
        return found if isinstance(value, Mapping) else list(found.values())

    def _below(self, value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for key, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            known = len(self.tensors)
            inner = self.visit(item, (*path, str(key)))
            if inner is not None or len(self.tensors) == known:
                yield str(key), inner

    def _keep(self, entry: Entry, name: str) -> None:
        if name in self.tensors:
            raise CheckpointError(f"{self.label}: two of its tensors are called {name!r}")
        self.tensors[name] = entry


def _scalar(value: object) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return f"<{type(value).__name__}>"
