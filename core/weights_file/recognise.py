"""How a file is written, by its first bytes: its name says nothing reliable."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from styletalker.core.errors import CheckpointError, InputError

__all__ = ["LAYOUTS", "recognise"]

LAYOUTS: Mapping[str, str] = MappingProxyType(
    {
        "safetensors": "tensors and nothing else",
        "torch-zip": "written by torch.save since PyTorch 1.6",
        "torch-legacy": "written by torch.save before PyTorch 1.6",
        "network-pickle": "networks with attributes and source text, as NVIDIA publishes them",
    }
)
"""The layouts that can be read, and what they are."""

_LEGACY = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled magic number before PyTorch 1.6, after two bytes that say the protocol."""
_HEAD = 512

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (
        b"version https://git-lfs",
        "is a Git LFS pointer, not the file itself: fetch it with git lfs",
    ),
    (b"<!doctype html", "is a web page: the download gave a page in place of the file"),
    (b"<html", "is a web page: the download gave a page in place of the file"),
    (b"\x89hdf", "is an HDF5 file, such as Keras writes; it is not read here"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it first"),
    (b"bzh", "is compressed with bzip2: unpack it first"),
    (b"7z\xbc\xaf", "is an archive: unpack it first"),
    (b"gguf", "is a GGUF file; it is not read here"),
    (b"\x93numpy", "is a numpy array, not the weights of a network"),
)
"""Beginnings, in lower case, of what is often found under a weight file's name."""


def recognise(path: Path) -> str:
    """The layout of *path*: a key of :data:`LAYOUTS`.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is of no layout that is read here; the message says what it is.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a weight file")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise CheckpointError(f"{path}: is empty")
    start = head.lstrip().lower()
    for beginning, problem in _FOREIGN:
        if start.startswith(beginning):
            raise CheckpointError(f"{path}: {problem}")
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(path)
    if head[257:262] == b"ustar":
        raise CheckpointError(
            f"{path}: is a tar archive, as PyTorch wrote long ago; load it with an old "
            "PyTorch where its code may run, and save it again"
        )
    if len(head) > 8 and head[8:9] == b"{":
        return "safetensors"
    if head[:1] == b"\x80" and len(head) > 1 and 2 <= head[1] <= 5:
        return "torch-legacy" if head[2:].startswith(_LEGACY) else "network-pickle"
    raise CheckpointError(
        f"{path}: is not a weight file of a known kind; there is " + ", ".join(LAYOUTS)
    )


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise CheckpointError(f"{path}: is a damaged or incomplete zip file: {error}") from error
    names = {entry.filename.partition("/")[2] for entry in entries}
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        raise CheckpointError(
            f"{path}: is refused: it is a TorchScript archive, which holds code beside the weights"
        )
    if "data.pkl" not in names:
        raise CheckpointError(f"{path}: is a zip archive, but not of torch.save: unpack it first")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise CheckpointError(f"{path}: its tensors are compressed, and torch.save never does that")
    return "torch-zip"
