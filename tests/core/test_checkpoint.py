"""Weights on disk, and what is said when they do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from styletalker.core.checkpoint import load_checkpoint, load_into, save_checkpoint
from styletalker.core.errors import CheckpointError
from torch import nn


def message(path: Path, module: nn.Module | None = None) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_into(module or nn.Linear(2, 3), load_checkpoint(path))
    return str(caught.value).replace(str(path.parent), "DIR")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    save_checkpoint(path, nn.Linear(2, 3).state_dict(), role="prior", step=7)
    return path


def test_round_trip(saved: Path) -> None:
    module = nn.Linear(2, 3)
    checkpoint = load_checkpoint(saved)
    load_into(module, checkpoint)
    assert torch.equal(module.weight, checkpoint.tensors["weight"])
    assert (checkpoint.facts["role"], checkpoint.facts["step"]) == ("prior", 7)
    assert sorted(file.name for file in saved.parent.iterdir()) == ["w.json", "w.safetensors"]


def test_tensors_that_share_memory_are_saved(tmp_path: Path) -> None:
    weight = torch.arange(4.0)
    save_checkpoint(tmp_path / "s.safetensors", {"a": weight, "b": weight[::2]})
    assert load_checkpoint(tmp_path / "s.safetensors").tensors["b"].tolist() == [0.0, 2.0]


def test_another_architecture(saved: Path) -> None:
    assert message(saved, nn.Linear(2, 4)) == (
        "DIR/w.safetensors: is not for this Linear: bias has the shape (3,) instead of (4,); "
        "weight has the shape (3, 2) instead of (4, 2)"
    )
    assert message(saved, nn.Sequential(nn.Linear(2, 3))) == (
        "DIR/w.safetensors: is not for this Sequential: 2 tensors are missing (0.bias, 0.weight); "
        "2 are not known (bias, weight)"
    )


def test_missing_files(saved: Path) -> None:
    saved.with_suffix(".json").unlink()
    assert message(saved) == "DIR/w.json: no such file"
    saved.unlink()
    assert message(saved) == "DIR/w.safetensors: no such file"


def test_damaged_files(saved: Path) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[:-1] + b"\x01")
    assert message(saved) == "DIR/w.safetensors: does not match its checksum in w.json"
    saved.write_bytes(content[:20])
    assert message(saved).startswith("DIR/w.safetensors: is not a readable safetensors file")


def test_a_pickle_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "evil.safetensors"
    torch.save({"weight": torch.zeros(1)}, path)
    path.with_suffix(".json").write_text(json.dumps({"format": 1, "sha256": ""}))
    assert "is not a readable safetensors file" in message(path)
    with pytest.raises(CheckpointError, match=r"weights are written to a \.safetensors file"):
        save_checkpoint(tmp_path / "w.pt", {})


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    module = nn.Linear(2, 3)
    state = {**module.state_dict(), "bias": torch.tensor([0.0, float("nan"), 0.0])}
    path = tmp_path / "nan.safetensors"
    save_checkpoint(path, state)
    assert message(path, module) == "DIR/nan.safetensors: bias holds values that are not finite"
