"""Weight files of any origin: what is read from them, and what is said of those that are not."""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from styletalker.core.errors import CheckpointError, InputError, StyletalkerError
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.tensors import Entry, Tensors
from support.public_files import network_tree, write_network_pickle, write_torch
from torch import Tensor

TENSORS = {
    "b4.const": torch.randn(8, 4, 4),
    "b4.conv1.weight": torch.randn(8, 3, 3, 3).transpose(2, 3),
    "b4.conv1.noise_strength": torch.tensor(0.3),
    "b4.conv1.noise_const": torch.randn(4, 4),
    "b4.count": torch.tensor([3, 4]),
    "w_avg": torch.randn(8).half(),
}

BUFFERS = ("noise_const", "count", "w_avg")


def same(found: Tensors, expected: dict[str, Tensor]) -> None:
    assert set(found) == set(expected)
    assert found.shapes == {name: tuple(tensor.shape) for name, tensor in expected.items()}
    for name, tensor in expected.items():
        assert found.dtypes[name] is tensor.dtype
        assert torch.equal(found[name], tensor), name


@pytest.mark.parametrize("zip_file", [True, False])
def test_torch_files(tmp_path: Path, zip_file: bool) -> None:
    options = argparse.Namespace(size=256, rates=[0.5, 2], path=Path)
    options.path = "here"
    content = {
        "g_ema": TENSORS,
        "args": options,
        "best": np.float64(0.25),
        "step": 7,
        "list": [torch.ones(2), 5],
    }
    file = read_weights_file(write_torch(tmp_path / "w.bin", content, zip_file=zip_file))
    assert file.layout == ("torch-zip" if zip_file else "torch-legacy")
    same(file.tensors.under("g_ema"), TENSORS)
    assert torch.equal(file.tensors["list.0"], torch.ones(2))
    assert file.values == {
        "args": {"size": 256, "rates": [0.5, 2], "path": "here"},
        "best": 0.25,
        "step": 7,
        "list": [5],
    }


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_network_pickles(tmp_path: Path, protocol: int) -> None:
    arguments = {"z_dim": 8, "kwargs": {"a": (1, 2)}}
    network = network_tree(TENSORS, "Generator", arguments, BUFFERS, gain=np.float64(1.5))
    network.state["_buffers"]["hidden"] = torch.ones(1)
    network.state["_non_persistent_buffers_set"].add("hidden")
    path = write_network_pickle(tmp_path / "w", {"G_ema": network}, protocol, cur=np.float32(0.5))
    file = read_weights_file(path)
    assert file.layout == "network-pickle"
    same(file.tensors.under("G_ema"), TENSORS)
    assert file.classes == {"G_ema": "Generator"}
    assert file.arguments == {"G_ema": {"z_dim": 8, "kwargs": {"a": [1, 2]}}}
    assert file.attributes["G_ema"] == {"class_name": "Generator", "training": False, "gain": 1.5}
    assert file.attributes["G_ema.b4.conv1"]["class_name"] == "Conv1"
    assert file.values["cur"] == 0.5
    assert file.values["training_set_kwargs"]["resolution"] == 32


def test_what_is_read_does_not_touch_the_file(tmp_path: Path) -> None:
    path = write_network_pickle(tmp_path / "w", {"G": network_tree(TENSORS, "G", {}, BUFFERS)})
    before = path.read_bytes()
    tensor = read_weights_file(path).tensors["G.b4.const"]
    tensor.zero_()
    assert path.read_bytes() == before


def test_safetensors(tmp_path: Path) -> None:
    own = {name: tensor.contiguous() for name, tensor in TENSORS.items()}
    save_file(own, tmp_path / "w", metadata={"format": "pt"})
    file = read_weights_file(tmp_path / "w")
    assert (file.layout, file.values) == ("safetensors", {"format": "pt"})
    same(file.tensors, TENSORS)


def test_names_and_changes() -> None:
    read: list[str] = []

    def entry(name: str, tensor: Tensor) -> Entry:
        def make() -> Tensor:
            read.append(name)
            return tensor

        return Entry(shape=tuple(tensor.shape), dtype=tensor.dtype, make=make)

    given = {"module.a.x": torch.ones(2), "module.b": torch.zeros(3)}
    tensors = Tensors({name: entry(name, tensor) for name, tensor in given.items()})
    assert list(tensors.without_prefix("module.")) == ["a.x", "b"]
    assert list(tensors.under("module.a")) == ["x"]
    assert list(tensors.renamed(lambda name: "new" if name.endswith("b") else None)) == ["new"]
    changed = tensors.changed(lambda name, tensor: (len(name) * tensor)[None])
    assert changed.shapes == {"module.a.x": (1, 2), "module.b": (1, 3)}
    assert changed.nbytes == 20
    assert "module.b" in changed
    assert not read, "nothing is read for its name or shape"
    assert changed["module.a.x"].tolist() == [[10.0, 10.0]]
    assert read == ["module.a.x"]
    joined = tensors.joined({"module.b": torch.ones(1)})
    assert (len(joined), joined["module.b"].tolist()) == (2, [1.0])


def test_two_tensors_of_one_name(tmp_path: Path) -> None:
    content = {"a": {"b": torch.ones(1)}, "a.b": torch.ones(1)}
    with pytest.raises(CheckpointError, match=r"two of its tensors are called 'a\.b'"):
        read_weights_file(write_torch(tmp_path / "w.pt", content))


def _damaged(path: Path, kind: str) -> Path:
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme.txt", "x")
    elif kind == "torchscript":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("m/data.pkl", b"\x80\x02N.")
            archive.writestr("m/code/__torch__.py", "x")
    elif kind == "compressed":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("m/data.pkl", b"\x80\x02N.")
    elif kind == "cut zip":
        path.write_bytes(write_torch(path, TENSORS).read_bytes()[:600])
    elif kind == "cut old":
        path.write_bytes(write_torch(path, TENSORS, zip_file=False).read_bytes()[:900])
    elif kind == "cut pickle":
        write_network_pickle(path, {"G": network_tree(TENSORS, "G", {}, BUFFERS)})
        path.write_bytes(path.read_bytes()[:900])
    elif kind == "no tensors":
        write_torch(path, {"a": 1})
    elif kind == "tar":
        path.write_bytes(b"x" * 257 + b"ustar" + b"x" * 300)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello", "is not a weight file of a known kind; there is safetensors, torch-zip"),
        (b"\n<!DOCTYPE html><html>", "is a web page: the download gave a page in place"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer, not the file"),
        (b"\x1f\x8b\x08", "is compressed with gzip: unpack it first"),
        (b"\x89HDF\r\n", "is an HDF5 file"),
        (b"\x80\x04}.", "is a pickle, and holds no networks by name"),
        ("zip", "is a zip archive, but not of torch.save"),
        ("torchscript", "is refused: it is a TorchScript archive, which holds code"),
        ("compressed", "its tensors are compressed"),
        ("tar", "is a tar archive"),
        ("cut zip", "is a damaged or incomplete zip file"),
        ("cut old", "is damaged"),
        ("cut pickle", "is damaged"),
        ("no tensors", "holds no tensors"),
    ],
)
def test_files_that_are_not_read(tmp_path: Path, content: bytes | str, message: str) -> None:
    path = tmp_path / "w.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        _damaged(path, content)
    with pytest.raises(CheckpointError) as caught:
        read_weights_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    for path, message in ((tmp_path, "is a folder"), (tmp_path / "no.pt", "no such file")):
        with pytest.raises(InputError, match=message):
            read_weights_file(path)
    assert issubclass(CheckpointError, StyletalkerError)
