"""Weight files in the layouts in which others publish them, written here with small tensors."""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

__all__ = [
    "network_pickle",
    "network_tree",
    "others_modules",
    "write_network_pickle",
    "write_torch",
]

_PERSISTENCE, _DNNLIB = "torch_utils.persistence", "dnnlib.util"

SOURCE = "import pathlib\npathlib.Path('executed').write_text('module_src')\n"
"""The source text in every network: running it leaves a file behind."""


class _EasyDict(dict[str, Any]):
    """As dnnlib calls its mapping."""


class _Network:
    """What is written as a network or a layer."""

    def __init__(self, class_name: str, state: dict[str, Any], source: object = None) -> None:
        self.class_name, self.state = class_name, state
        self.source = SOURCE if source is None else source

    def __reduce__(self) -> tuple[Any, ...]:
        meta = {
            "type": "class",
            "version": 6,
            "module_src": self.source,
            "class_name": self.class_name,
            "state": self.state,
        }
        return _rebuild(), (meta,)


def _rebuild() -> Any:
    return sys.modules[_PERSISTENCE]._reconstruct_persistent_obj


@contextlib.contextmanager
def others_modules() -> Iterator[None]:
    """While it lasts, the modules that such pickles name can be imported, as pickling demands."""
    persistence, dnnlib = ModuleType(_PERSISTENCE), ModuleType(_DNNLIB)

    def _reconstruct_persistent_obj(meta: Any) -> Any:
        raise AssertionError("the name in the file was called")

    _reconstruct_persistent_obj.__module__ = _PERSISTENCE
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    dnnlib.EasyDict = _EasyDict  # type: ignore[attr-defined]
    _EasyDict.__module__, _EasyDict.__qualname__ = _DNNLIB, "EasyDict"
    names = {
        "torch_utils": ModuleType("torch_utils"),
        _PERSISTENCE: persistence,
        "dnnlib": ModuleType("dnnlib"),
        _DNNLIB: dnnlib,
    }
    sys.modules.update(names)
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def network_tree(
    tensors: Mapping[str, Tensor],
    class_name: str,
    arguments: Mapping[str, Any],
    buffers: tuple[str, ...] = ("resample_filter", "noise_const", "w_avg"),
    source: object = None,
    **attributes: Any,
) -> _Network:
    """Nested modules for dotted names; what is called as one of *buffers* is a buffer."""
    state: dict[str, Any] = {
        "training": False,
        "_parameters": OrderedDict(),
        "_buffers": OrderedDict(),
        "_non_persistent_buffers_set": set(),
        "_forward_hooks": OrderedDict(),
        "_modules": OrderedDict(),
        "_init_args": (),
        "_init_kwargs": _EasyDict(arguments),
        **attributes,
    }
    inner: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if rest:
            inner.setdefault(part, {})[rest] = tensor
        elif part in buffers:
            state["_buffers"][part] = tensor
        else:
            state["_parameters"][part] = nn.Parameter(tensor)
    state["_parameters"]["absent"] = None
    for part, below in inner.items():
        state["_modules"][part] = network_tree(below, part.title(), {}, buffers)
    return _Network(class_name, state, source)


def network_pickle(content: Mapping[str, Any], protocol: int = 4) -> bytes:
    """The bytes of a pickle of networks."""
    with others_modules():
        return pickle.dumps(dict(content), protocol=protocol)


def write_network_pickle(
    path: Path, networks: Mapping[str, _Network], protocol: int = 4, **rest: Any
) -> Path:
    """Write a pickle of networks, with what such files have besides."""
    kwargs = _EasyDict(class_name="training.dataset.ImageFolderDataset", resolution=32)
    content = {**networks, "augment_pipe": None, "training_set_kwargs": kwargs, **rest}
    path.write_bytes(network_pickle(content, protocol))
    return path


def write_torch(path: Path, content: object, *, zip_file: bool = True) -> Path:
    """Write with torch.save, in the present or the old layout."""
    torch.save(content, path, _use_new_zipfile_serialization=zip_file)
    return path
