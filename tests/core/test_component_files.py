"""Networks on disk with all it takes to build them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from styletalker.core.checkpoint import (
    load_checkpoint,
    load_component,
    load_into,
    save_checkpoint,
    save_component,
)
from styletalker.core.errors import CheckpointError, InputError, PluginError
from styletalker.core.registry import Registry
from support.tiny import (
    TinyConfig,
    TinyGenerator,
    TinyInverter,
    TinyInverterConfig,
    save_tiny,
    tiny_registry,
)
from torch import nn


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "w.safetensors"


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_component(path, tiny_registry())
    return str(caught.value).replace(str(path.parent), "DIR")


def change(path: Path, **facts: Any) -> None:
    sidecar = path.with_suffix(".json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), **facts}))


def test_round_trip(path: Path) -> None:
    saved = save_tiny(path, corpus="noise")
    loaded = load_component(path, tiny_registry())
    assert isinstance(loaded, TinyGenerator)
    assert (loaded.config.size, loaded.config.gain) == (8, 2.0)
    for name, tensor in saved.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    facts = json.loads(path.with_suffix(".json").read_text())
    assert facts["options"] == {
        "size": 8,
        "gain": 2.0,
        "mood": "lively",
        "optimiser": {"rate": 0.5},
    }
    assert [facts[key] for key in ("role", "type", "step", "dtype", "sizes", "corpus")] == [
        "generator",
        "tiny",
        7,
        "as trained",
        {},
        "noise",
    ]


def test_sizes_that_come_from_other_components(path: Path) -> None:
    inverter = TinyInverter(TinyInverterConfig(), resolution=8, num_ws=2, w_dim=3)
    save_component(path, inverter, role="inverter", type="tiny", options={}, step=0)
    loaded = load_component(path, tiny_registry())
    assert isinstance(loaded, TinyInverter)
    assert (loaded.resolution, loaded.num_ws, loaded.w_dim) == (8, 2, 3)
    assert torch.equal(loaded.net.weight, inverter.net.weight)
    change(path, sizes={"num_ws": 2})
    assert refused(path) == "DIR/w.json: does not say resolution, w_dim"


@pytest.mark.parametrize(("dtype", "digits"), [("float16", 11), ("bfloat16", 8)])
def test_half_precision_takes_half_the_space_and_loads_as_float32(
    path: Path, dtype: Any, digits: int
) -> None:
    saved = save_tiny(path)
    full = path.stat().st_size
    save_tiny(path, dtype=dtype)
    assert path.stat().st_size < 0.6 * full
    tensors = load_checkpoint(path).tensors
    assert {str(tensor.dtype) for name, tensor in tensors.items()} == {
        f"torch.{dtype}",
        "torch.int64",
    }
    loaded = load_component(path, tiny_registry()).state_dict()
    assert int(loaded["count"]) == 5
    for name, tensor in saved.state_dict().items():
        assert loaded[name].dtype is tensor.dtype
        if tensor.is_floating_point():
            error = ((loaded[name] - tensor).abs() / tensor.abs()).max().item()
            assert 0 < error <= 2.0**-digits, name


def test_values_that_do_not_fit(path: Path) -> None:
    module = TinyGenerator(TinyConfig(size=2))
    facts: dict[str, Any] = {"role": "generator", "type": "tiny", "options": {"size": 2}, "step": 0}
    with torch.no_grad():
        module.to_w.bias[1] = -70000.0
    with pytest.raises(CheckpointError) as caught:
        save_component(path, module, dtype="float16", **facts)
    assert str(caught.value) == (
        f"{path}: to_w.bias holds 70000, which is beyond float16; nothing was written"
    )
    save_component(path, module, dtype="bfloat16", **facts)
    with torch.no_grad():
        module.to_w.bias[1] = float("nan")
    path.unlink()
    for dtype in (None, "float16", "bfloat16"):
        with pytest.raises(CheckpointError, match=r"to_w\.bias holds values that are not finite"):
            save_component(path, module, dtype=dtype, **facts)
    assert not path.exists()


def test_what_cannot_be_written(path: Path) -> None:
    with pytest.raises(InputError, match="no such dtype; expected float16, bfloat16 or None"):
        save_tiny(path, dtype="float8")
    with pytest.raises(InputError, match="options are not plain values: Object of type PosixPath"):
        save_tiny(path, options={"mood": path})
    assert not list(path.parent.iterdir())


def test_whole_numbers_are_not_taken_for_others(path: Path) -> None:
    state = TinyGenerator(TinyConfig(size=2)).state_dict()
    save_checkpoint(path, {**state, "count": torch.tensor(5.5)})
    with pytest.raises(CheckpointError, match="count holds float32 instead of int64"):
        load_into(TinyGenerator(TinyConfig(size=2)), load_checkpoint(path))


def test_what_cannot_be_built(path: Path) -> None:
    save_tiny(path)
    change(path, type="tny")
    with pytest.raises(PluginError, match="no such generator: 'tny'; did you mean 'tiny'"):
        load_component(path, tiny_registry())
    change(path, type="tiny", options={"size": 8, "depth": 2})
    assert refused(path) == (
        "DIR/w.safetensors: its options are not those of the generator 'tiny': depth: unknown "
        "key; there is gain, mood, optimiser, size, workers"
    )
    change(path, options=None)
    assert refused(path) == "DIR/w.json: does not say role, type and options"
    save_checkpoint(path, nn.Linear(2, 3).state_dict())
    assert refused(path) == "DIR/w.json: does not say role, type and options"


def test_values_that_are_not_finite(path: Path) -> None:
    save_tiny(path)
    facts = json.loads(path.with_suffix(".json").read_text())
    state = {**load_checkpoint(path).tensors, "to_w.bias": torch.full((6,), float("inf"))}
    kept = {key: facts[key] for key in ("role", "type", "options")}
    save_checkpoint(path, state, **kept)
    assert refused(path) == "DIR/w.safetensors: to_w.bias holds values that are not finite"


def test_the_registry_is_asked_for_the_qualified_name(path: Path) -> None:
    save_tiny(path, type="inline/tiny")
    assert isinstance(load_component(path, tiny_registry()), TinyGenerator)
    save_tiny(path, type="other/tiny")
    with pytest.raises(PluginError):
        load_component(path, Registry.of())
