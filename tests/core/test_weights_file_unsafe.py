"""Files that would run something if they were loaded the usual way: refused, and nothing runs."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.read import read_weights_file
from support.public_files import (
    SOURCE,
    network_pickle,
    network_tree,
    write_torch,
)
from torch import nn

MARK = "executed"


class Evil:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, function: Callable[..., Any] = os.system, argument: str = "") -> None:
        self.call = (function, (argument or f"touch {MARK}",))

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


class Stored:
    """A storage whose bytes are chosen."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __reduce__(self) -> tuple[Any, ...]:
        return torch.storage._load_from_bytes, (self.content,)


class Named:
    """A call of anything by its name."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


def network(**state: Any) -> Any:
    return network_tree({"w": torch.ones(3)}, "Generator", {}, **state)


def saved(content: object, *, zip_file: bool) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, _use_new_zipfile_serialization=zip_file)
    return stream.getvalue()


def old_storage(obj: bytes) -> bytes:
    """The old layout with *obj* as the pickle of what is saved."""
    head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    parts = [pickle.dumps(part, 2) for part in head]
    return b"".join([*parts, obj, pickle.dumps(["0"], 2), struct.pack("<q", 1), bytes(4)])


def with_tensor(storage: object) -> object:
    return Named(torch._utils._rebuild_tensor_v2, storage, 0, (1,), (1,), None, {})


EVIL = f"cos\nsystem\n(S'touch {MARK}'\ntR.".encode()
PERSISTENT = f"(S'storage'\ncos\nsystem\n(S'touch {MARK}'\ntRS'0'\nS'cpu'\nI1\nNtQ.".encode()

PICKLES: dict[str, Callable[[], bytes]] = {
    "top level": lambda: pickle.dumps(Evil()),
    "top level, protocol 2": lambda: pickle.dumps(Evil(eval, "open('executed', 'w')"), 2),
    "top level, text": lambda: b"\x80\x02" + EVIL,
    "beside the networks": lambda: network_pickle({"G": network(), "x": Evil()}),
    "attribute": lambda: network_pickle({"G": network(gain=Evil())}),
    "arguments": lambda: network_pickle({"G": network(_init_kwargs={"a": Evil()})}),
    "args": lambda: network_pickle({"G": network(_init_args=(Evil(),))}),
    "hooks": lambda: network_pickle({"G": network(_forward_hooks={1: Evil()})}),
    "key": lambda: network_pickle({"G": network(extra={Evil(str, "a"): 1})}),
    "storage": lambda: network_pickle({"G": network(x=Stored(pickle.dumps(Evil())))}),
    "storage, text": lambda: network_pickle({"G": network(x=Stored(EVIL))}),
    "storage, zip": lambda: network_pickle({"G": network(x=Stored(saved(Evil(), zip_file=True)))}),
    "storage, old": lambda: network_pickle({"G": network(x=Stored(saved(Evil(), zip_file=False)))}),
    "storage, object": lambda: network_pickle(
        {"G": network(x=with_tensor(Stored(old_storage(EVIL))))}
    ),
    "storage, reference": lambda: network_pickle(
        {"G": network(x=with_tensor(Stored(old_storage(PERSISTENT))))}
    ),
    "reader itself": lambda: network_pickle({"G": network(x=Named(pickle.loads, EVIL))}),
    "torch.load": lambda: network_pickle({"G": network(x=Named(torch.load, MARK))}),
    "getattr": lambda: network_pickle({"G": network(x=Named(getattr, nn.Module, "__init__"))}),
    "module": lambda: network_pickle({"G": network(x=nn.Linear(1, 1))}),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_weights_file(path)
    assert not Path(MARK).exists(), "it was executed"
    return str(caught.value)


def test_they_are_dangerous() -> None:
    """With the standard reader the same bytes do leave the file behind."""
    for content in (pickle.dumps(Evil()), EVIL):
        pickle.loads(content)
        assert Path(MARK).exists()
        Path(MARK).unlink()


@pytest.mark.parametrize("place", PICKLES)
def test_network_pickles(place: str) -> None:
    path = Path("w.pkl")
    path.write_bytes(PICKLES[place]())
    text = refused(path)
    assert "is refused" in text or "is damaged" in text
    assert text.startswith("w.pkl: ")
    if place in ("top level", "attribute", "arguments", "args", "beside the networks"):
        assert text == (
            "w.pkl: is refused: it names posix.system, and only names of tensors and layers are "
            "allowed"
        )


def test_source_text_is_never_looked_at() -> None:
    """The text in a network is not executed; and what is no text there is refused."""
    path = Path("w.pkl")
    path.write_bytes(network_pickle({"G": network()}))
    assert SOURCE.encode() in path.read_bytes()
    assert list(read_weights_file(path).tensors) == ["G.w"]
    assert not Path(MARK).exists()
    path.write_bytes(network_pickle({"G": network_tree({}, "G", {}, source=Evil())}))
    assert "posix.system" in refused(path)


@pytest.mark.parametrize("zip_file", [True, False])
@pytest.mark.parametrize("place", ["top", "args", "nested", "namespace", "module", "eval"])
def test_torch_files(zip_file: bool, place: str) -> None:
    content = {
        "top": Evil(),
        "args": {"g_ema": {"w": torch.ones(1)}, "args": Evil()},
        "nested": {"g_ema": {"w": torch.ones(1), "x": [Evil()]}},
        "namespace": {"w": torch.ones(1), "args": argparse.Namespace(a=Evil())},
        "module": nn.Linear(1, 1),
        "eval": {"w": torch.ones(1), "x": Evil(eval, "open('executed', 'w')")},
    }[place]
    text = refused(write_torch(Path("w.pt"), content, zip_file=zip_file))
    named = {"module": "torch.nn.modules.linear.Linear", "eval": "eval"}.get(place, "posix.system")
    assert "w.pt: is refused: it names " in text
    assert named in text
    assert "weights_only=False" not in text, "it must not advise to load it unsafely"


def test_tensorflow_pickles_say_what_they_are() -> None:
    Path("w.pkl").write_bytes(b"\x80\x03cdnnlib.tflib.network\nNetwork\nq\x00.")
    assert "is a StyleGAN pickle of TensorFlow" in refused(Path("w.pkl"))


def test_tensors_stay_within_their_storage() -> None:
    """Sizes and strides beyond the storage would read other memory."""
    typed_storage: Any = torch.storage.TypedStorage
    for size, stride, offset in (
        ((5,), (1,), 0),
        ((2,), (1,), 3),
        ((9,), (0,), 0),
        ((2,), (-1,), 2),
    ):
        storage = torch.ones(4).untyped_storage()
        typed = typed_storage(wrap_storage=storage, dtype=torch.float32, _internal=True)
        tensor = Named(torch._utils._rebuild_tensor_v2, typed, offset, size, stride, None, {})
        Path("w.pkl").write_bytes(network_pickle({"G": network(x=tensor)}))
        assert "is damaged: a tensor" in refused(Path("w.pkl"))


def test_endless_content() -> None:
    """A module in itself, and a list whose items are one list, thirty times over."""
    one = network()
    one.state["_modules"]["again"] = one.state["_modules"]
    Path("w.pkl").write_bytes(network_pickle({"G": one}))
    assert "a module in G is something else" in refused(Path("w.pkl"))
    nested: list[Any] = []
    for _ in range(30):
        nested = [nested, nested]
    Path("w.pkl").write_bytes(network_pickle({"G": network(x=nested)}))
    assert "nested without end" in refused(Path("w.pkl"))
    deep: tuple[Any, ...] = ()
    for _ in range(300):
        deep = (deep,)
    Path("w.pkl").write_bytes(network_pickle({"G": network(x=deep)}))
    assert "nested without end" in refused(Path("w.pkl"))
