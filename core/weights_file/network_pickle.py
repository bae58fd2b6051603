"""Pickles of networks, as NVIDIA's StyleGAN2-ADA and StyleGAN3 repositories write them.

Each network and layer in such a file carries the source text of its module, which the usual loader
executes. Here the text is skipped; attributes, parameters and buffers are data. The tensors stay
in the file until they are looked up.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.flatten import plain
from styletalker.core.weights_file.machine import Known, Machine, Mapped
from styletalker.core.weights_file.stand_ins import (
    DTYPES,
    NUMPY,
    Network,
    Storage,
    encoded,
    ordered_dict,
    parameter,
    scalar_set,
    tensor,
)
from styletalker.core.weights_file.tensors import Entry, Tensors

__all__ = ["read_network_pickle"]

_DEEPEST = 60
"""Modules within modules; published networks have 4."""
_MAGIC = 0x1950A86A20F9469CFC6C
"""Begins what torch.save wrote before PyTorch 1.6."""
_TENSORFLOW = "dnnlib.tflib"


def read_network_pickle(path: Path) -> WeightsFile:
    """Read the networks in *path*; nothing in it is executed.

    Raises:
        CheckpointError: it names anything but tensors, layers and plain values, or is damaged.
    """
    label = str(path)
    with path.open("rb") as stream:
        data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY))
    content = _load(data, label)
    networks = {
        name: value
        for name, value in (content.items() if isinstance(content, dict) else ())
        if isinstance(value, Network)
    }
    if not networks:
        raise CheckpointError(f"{label}: is a pickle, and holds no networks by name")
    tensors: dict[str, Entry] = {}
    attributes: dict[str, Mapping[str, Any]] = {}
    for name, network in networks.items():
        for inner, module in _modules(network, name, label):
            tensors.update(_own_tensors(inner, module))
            attributes[inner] = _plain_attributes(module, label)
    arguments = {
        name: plain(network.state.get("_init_kwargs", {}), label) or {}
        for name, network in networks.items()
    }
    rest = {name: value for name, value in content.items() if name not in networks}
    return WeightsFile(
        path=path,
        layout="network-pickle",
        tensors=Tensors(tensors),
        values=plain(rest, label) or {},
        arguments=arguments,
        attributes=attributes,
        classes={name: network.class_name for name, network in networks.items()},
    )


def _load(data: memoryview, label: str) -> Any:
    known: dict[str, Callable[..., Any]] = {
        **NUMPY,
        "torch_utils.persistence._reconstruct_persistent_obj": Network.of,
        "dnnlib.util.EasyDict": ordered_dict,
        "collections.OrderedDict": ordered_dict,
        "builtins.set": scalar_set,
        "__builtin__.set": scalar_set,
        "_codecs.encode": encoded,
        "torch._utils._rebuild_parameter": parameter,
        "torch._utils._rebuild_tensor_v2": tensor,
        "torch.storage._load_from_bytes": lambda blob: _storage(blob, label),
    }
    try:
        return Machine(Mapped(data), label, known).load()
    except CheckpointError as error:
        if _TENSORFLOW in str(error):
            raise CheckpointError(
                f"{label}: is refused: it is a StyleGAN pickle of TensorFlow, which cannot be read "
                "without running it; look for the same network as a PyTorch pickle"
            ) from error
        raise


def _storage(blob: object, label: str) -> Storage:
    """What ``torch.storage._load_from_bytes`` would give, which unpickles freely; this does not."""
    if not isinstance(blob, bytes | memoryview):
        raise ValueError("a storage is no bytes")  # noqa: TRY004 (it means a damaged file)
    inner = f"{label}: a storage in it"
    data = blob if isinstance(blob, memoryview) else memoryview(bytearray(blob))
    stream = Mapped(data)
    known = {f"torch.{name}": _not_called for name in DTYPES}
    machine = Machine(stream, inner, known, persistent=_described)
    magic, _, system = machine.load(), machine.load(), machine.load()
    if magic != _MAGIC or not isinstance(system, dict) or not system.get("little_endian", True):
        raise CheckpointError(f"{inner}: is written in an unknown way")
    (name, key, count), keys = _triple(machine.load()), machine.load()
    if keys != [key]:
        raise CheckpointError(f"{inner}: is not one storage")
    dtype = DTYPES[name]
    (stored,) = struct.unpack("<q", bytes(stream.read(8)))
    numbers = data[stream.tell() : stream.tell() + count * dtype.itemsize]
    if stored != count or len(numbers) != count * dtype.itemsize:
        raise CheckpointError(f"{inner}: is damaged: it is shorter than it says")
    return Storage(dtype, numbers)


def _not_called(*_: object) -> None:
    raise ValueError("a storage class is called")


def _described(reference: object) -> tuple[str, str, int]:
    """Class name, key and length of the storage that a persistent id describes."""
    match reference:
        case ("storage", Known(name=name), str(key), str(), int(count), None) if count >= 0:
            return name.removeprefix("torch."), key, count
    raise ValueError("a storage is described in an unknown way")


def _triple(value: object) -> tuple[str, str, int]:
    match value:
        case (str(name), str(key), int(count)) if name in DTYPES:
            return name, key, count
    raise ValueError("a storage is described in an unknown way")


def _modules(network: Network, name: str, label: str) -> Iterator[tuple[str, Network]]:
    """The network and all modules below it, each with its dotted name."""
    waiting: list[tuple[str, Network, int]] = [(name, network, 0)]
    seen: set[int] = set()
    while waiting:
        inner, module, depth = waiting.pop(0)
        if id(module) in seen or depth > _DEEPEST:
            raise CheckpointError(f"{label}: is refused: its modules contain one another")
        seen.add(id(module))
        yield inner, module
        below = _mapping(module, "_modules")
        found = [(f"{inner}.{key}", value, depth + 1) for key, value in below.items() if value]
        if not all(isinstance(value, Network) for _, value, _ in found):
            raise CheckpointError(f"{label}: is refused: a module in {inner} is something else")
        waiting.extend(found)


def _own_tensors(name: str, module: Network) -> dict[str, Entry]:
    """Parameters and buffers that the module's state has."""
    hidden = module.state.get("_non_persistent_buffers_set")
    buffers = {
        key: value
        for key, value in _mapping(module, "_buffers").items()
        if not (isinstance(hidden, set) and key in hidden)
    }
    both = {**_mapping(module, "_parameters"), **buffers}
    return {f"{name}.{key}": value for key, value in both.items() if isinstance(value, Entry)}


def _plain_attributes(module: Network, label: str) -> dict[str, Any]:
    """Attributes that are plain values; what torch itself keeps there is left out."""
    own = {key: value for key, value in module.state.items() if not key.startswith("_")}
    return {"class_name": module.class_name, **(plain(own, label) or {})}


def _mapping(module: Network, key: str) -> dict[str, Any]:
    value = module.state.get(key)
    return value if isinstance(value, dict) else {}
