"""Inert stand-ins for the names that occur in pickles of networks.

None of them is the real thing: what the file hands to them is checked and kept as data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np
import torch
from styletalker.core.weights_file.machine import Stateful
from styletalker.core.weights_file.tensors import Entry
from torch import Tensor

__all__ = [
    "DTYPES",
    "NUMPY",
    "Network",
    "Storage",
    "encoded",
    "ordered_dict",
    "parameter",
    "scalar_set",
    "tensor",
]

DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {
        "FloatStorage": torch.float32,
        "HalfStorage": torch.float16,
        "BFloat16Storage": torch.bfloat16,
        "DoubleStorage": torch.float64,
        "LongStorage": torch.int64,
        "IntStorage": torch.int32,
        "ShortStorage": torch.int16,
        "CharStorage": torch.int8,
        "ByteStorage": torch.uint8,
        "BoolStorage": torch.bool,
    }
)
"""Storage classes of torch and the type of their numbers."""

_NUMPY_TYPES = frozenset({"f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"})


@attrs.frozen(eq=False)
class Storage:
    """The numbers of one or several tensors, as they lie in the file."""

    dtype: torch.dtype
    data: memoryview

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return len(self.data) // self.dtype.itemsize

    def view(self, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        """A tensor over the file's memory, or a copy if the numbers are not aligned there."""
        if not self.count:
            return torch.empty(size, dtype=self.dtype)
        flat = torch.frombuffer(self.data, dtype=torch.uint8)
        if flat.data_ptr() % self.dtype.itemsize:
            flat = flat.clone()
        return flat.view(self.dtype).as_strided(size, stride, offset)


@attrs.frozen(eq=False)
class Network:
    """A network or a layer: the name of its class, and its attributes."""

    class_name: str
    state: dict[str, Any]

    @classmethod
    def of(cls, meta: object) -> Network:
        """From what stands in the file; the source text in it is not even looked at."""
        if not (isinstance(meta, dict) and meta.get("type") == "class"):
            raise ValueError("a network is described in an unknown way")
        name, state = meta.get("class_name"), meta.get("state")
        if not (isinstance(name, str) and isinstance(state, dict)):
            raise ValueError("a network has no class or no state")  # noqa: TRY004
        return cls(name, state)


def tensor(
    storage: object,
    offset: object,
    size: object,
    stride: object,
    requires_grad: object = False,  # noqa: ARG001 (the place is given)
    hooks: object = None,  # noqa: ARG001
    metadata: object = None,  # noqa: ARG001
) -> Entry:
    """For ``torch._utils._rebuild_tensor_v2``: it must lie within its storage."""
    if not isinstance(storage, Storage):
        raise ValueError("a tensor has no storage")  # noqa: TRY004 (it means a damaged file)
    sizes, strides, start = _numbers(size), _numbers(stride), _numbers((offset,))[0]
    if len(sizes) != len(strides):
        raise ValueError("a tensor has sizes and strides of different lengths")
    last = start + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
    if 0 not in sizes and (last >= storage.count or math.prod(sizes) > storage.count):
        raise ValueError("a tensor is larger than its storage")
    return Entry(shape=sizes, dtype=storage.dtype, make=lambda: storage.view(start, sizes, strides))


def parameter(data: object, requires_grad: object = True, hooks: object = None) -> Entry:  # noqa: ARG001
    """For ``torch._utils._rebuild_parameter``."""
    if not isinstance(data, Entry):
        raise ValueError("a parameter is no tensor")  # noqa: TRY004 (it means a damaged file)
    return data


def ordered_dict(pairs: object = ()) -> dict[str, Any]:
    """For ``collections.OrderedDict`` and other mappings: an ordinary one."""
    found = {}
    for key, value in pairs if isinstance(pairs, list | tuple) else [(None, None)]:
        if not isinstance(key, str):
            raise ValueError("a mapping has a key that is no text")  # noqa: TRY004
        found[key] = value
    return found


def scalar_set(items: object = ()) -> set[Any]:
    """For ``set``, which older pickles call by name."""
    if not isinstance(items, list) or not all(isinstance(i, str | int) for i in items):
        raise ValueError("a set has items that are no texts or numbers")
    return set(items)


def encoded(text: object, encoding: object) -> bytes:
    """For ``_codecs.encode``, by which the oldest pickles write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError("bytes are written in an unknown way")
    return text.encode("latin1")


def _numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(n) is int and n >= 0 for n in values):
        raise ValueError("a tensor has sizes that are no whole numbers")
    return values


class _Type(Stateful):
    """For ``numpy.dtype``: one of the plain numbers."""

    def __init__(self, name: object, *_: object) -> None:
        if name not in _NUMPY_TYPES:
            raise ValueError("a number of numpy has an unknown type")
        self.dtype = np.dtype(str(name)).newbyteorder("<")

    def set_state(self, state: object) -> None:
        """The second item is the byte order."""
        if isinstance(state, tuple) and len(state) > 1 and state[1] == ">":
            self.dtype = self.dtype.newbyteorder(">")


class _Array(Stateful):
    """For an array of numpy: its shape is of interest, its numbers are not."""

    def __init__(self) -> None:
        self.shape: object = ()

    def set_state(self, state: object) -> None:
        """Version, shape, type, order, bytes."""
        if not (isinstance(state, tuple) and len(state) == 5):
            raise ValueError("an array of numpy has an unknown form")
        self.shape = state[1]


def _number(dtype: object, data: object) -> int | float | bool:
    """For ``numpy.core.multiarray.scalar``: a plain number."""
    if not isinstance(dtype, _Type) or not isinstance(data, bytes):
        raise ValueError("a number of numpy has an unknown form")  # noqa: TRY004
    found: int | float | bool = np.frombuffer(data, dtype.dtype, count=1)[0].item()
    return found


def _array(*_: object) -> _Array:
    return _Array()


def _only_named(*_: object) -> None:
    raise ValueError("numpy.ndarray is called")


NUMPY: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "numpy.dtype": _Type,
        "numpy.ndarray": _only_named,
        "numpy.core.multiarray.scalar": _number,
        "numpy._core.multiarray.scalar": _number,
        "numpy.core.multiarray._reconstruct": _array,
        "numpy._core.multiarray._reconstruct": _array,
    }
)
"""Names of numpy and their stand-ins."""
