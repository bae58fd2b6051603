"""One reader for all weight files."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.folder import weights_in
from styletalker.core.weights_file.network_pickle import read_network_pickle
from styletalker.core.weights_file.recognise import recognise
from styletalker.core.weights_file.tensors import Tensors
from styletalker.core.weights_file.torch_file import read_torch_file

__all__ = ["read_weights_file"]


def read_weights_file(path: str | Path) -> WeightsFile:
    """Named tensors and facts of a file of any known layout, which is recognised by its content.

    Nothing in the file is executed. Tensors of safetensors files, of torch zip files and of network
    pickles stay in the file (mapped) until they are looked up. Of a folder in Hugging Face layout
    the weight file in it is meant.

    Raises:
        InputError: there is no such file, or the folder has none.
        CheckpointError: it is damaged, of an unknown layout, or refused; the message says why.
    """
    path = weights_in(Path(path).expanduser())
    layout = recognise(path)
    if layout == "safetensors":
        return _read_safetensors(path)
    if layout == "network-pickle":
        return read_network_pickle(path)
    return read_torch_file(path, layout)


def _read_safetensors(path: Path) -> WeightsFile:
    try:
        with safe_open(path, framework="pt") as stream:
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
            values = dict(stream.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: is not a readable safetensors file: {error}") from error
    return WeightsFile(path=path, layout="safetensors", tensors=Tensors.of(tensors), values=values)
