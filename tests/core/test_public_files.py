"""Public files: everything looks into the same folders, in the same order."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import CheckpointError
from styletalker.core.public_files import (
    VARIABLE,
    find_public_file,
    found_in_folders,
    weights_folder,
    weights_folders,
)
from styletalker.core.registry import Registry
from styletalker.core.weights_file.fit import fits_of
from styletalker.core.weights_file.load import load_public
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.report import known_files
from styletalker.plugins.insightface_face.config import PACK
from styletalker.plugins.insightface_face.pack import find_pack
from styletalker.plugins.syncnet.config import SYNCNET_FILE
from styletalker.plugins.syncnet.network import SyncNetNetwork
from styletalker.plugins.wav2lip_expert.network import ExpertNetwork

REGISTRY = Registry.installed()


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders, none of which exists; the last is the current one."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv(VARIABLE, f"{tmp_path / 'one'}:{tmp_path / 'two'}")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    named = [tmp_path / "one", tmp_path / "two", tmp_path / "data" / "styletalker" / "weights"]
    return [*named, Path("weights"), Path()]


def test_the_same_folders_for_all(tmp_path: Path, places: list[Path]) -> None:
    assert weights_folders() == places
    assert weights_folders([tmp_path]) == [tmp_path, *places]
    assert weights_folder() == places[0]
    missing = rf"{places[0]}/syncnet_v2\.model: SyncNet v2.*missing"
    with pytest.raises(CheckpointError, match=missing):
        find_public_file(SYNCNET_FILE)
    for folder in reversed(places):  # an earlier one wins
        (folder / PACK.name).mkdir(parents=True)
        path = folder / SYNCNET_FILE.name
        torch.save({"any": torch.zeros(1)}, path)
        assert found_in_folders(SYNCNET_FILE.name) == path
        assert find_public_file(SYNCNET_FILE) == path
        assert find_pack() == folder / PACK.name
        listed = {file.name: found for _, file, found in known_files(REGISTRY)}
        assert listed[SYNCNET_FILE.name] == path
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / SYNCNET_FILE.name).touch()
    listed = {file.name: found for _, file, found in known_files(REGISTRY, [extra])}
    assert listed[SYNCNET_FILE.name] == extra / SYNCNET_FILE.name


def test_a_recipe_finds_a_bare_name(places: list[Path]) -> None:
    structurer = Structurer(REGISTRY)
    value = {"type": "syncnet", "weights": "syncnet_v2.model", "negatives": False}
    _, faults = structurer.choose("sync_discriminator", value)
    assert "is missing. Get syncnet_v2.model from https://" in faults[0].line()
    assert "none stated for the file" in faults[0].line()
    _, faults = structurer.choose("sync_discriminator", {**value, "weights": "a/syncnet_v2.model"})
    assert faults[0].line() == "weights: no such file: 'a/syncnet_v2.model'"
    places[2].mkdir(parents=True)
    network = SyncNetNetwork(8, 16)
    torch.save(network.state_dict(), places[2] / "syncnet_v2.model")
    chosen, faults = structurer.choose("sync_discriminator", value)
    assert not faults
    assert chosen is not None
    assert chosen.weights is not None
    assert chosen.weights.path == places[2] / "syncnet_v2.model"
    config: object = chosen.config
    assert (config.divisor, config.embedding_dim, config.negatives) == (16, 8, False)  # type: ignore[attr-defined]


@pytest.mark.parametrize("zipped", [True, False])
def test_syncnet_is_recognised(tmp_path: Path, zipped: bool) -> None:
    network = SyncNetNetwork(8, 16)
    state = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    path = tmp_path / "any.model"
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    (fitting,) = fits_of(read_weights_file(path), REGISTRY)
    assert fitting.family.name == "syncnet-v2"
    module, _ = load_public(path, REGISTRY, role="sync_discriminator")
    for name, value in module.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[name]), name


def test_the_expert_is_recognised(tmp_path: Path) -> None:
    network = ExpertNetwork(16)
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    moments = {"state": {0: {"exp_avg": torch.zeros(3)}}}
    path = tmp_path / "lipsync_expert.pth"
    torch.save({"state_dict": state, "optimizer": moments, "global_step": 7}, path)
    (fitting,) = fits_of(read_weights_file(path), REGISTRY)
    assert (fitting.family.name, fitting.fit.part) == ("wav2lip-expert", "state_dict")
    assert fitting.fit.notes == ("left out: 1 tensors of an optimiser",)
    module, _ = load_public(path, REGISTRY, role="sync_discriminator")
    for name, value in module.network.state_dict().items():
        assert torch.equal(value, network.state_dict()[name]), name
