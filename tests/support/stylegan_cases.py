"""Reference numbers of the public implementations, made with seeded artificial weights.

``STYLETALKER_PARITY`` names the folder of all cases; a part of them lies in ``tests/networks``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

__all__ = ["Case"]

_GIVEN = Path(os.environ.get("STYLETALKER_PARITY", "-"))
_HERE = Path(__file__).parent.parent / "networks" / "reference"
_FOLDERS = (_GIVEN / "open", _GIVEN, _HERE)


def _random(name: str, shape: list[int]) -> np.ndarray[Any, Any]:
    """Standard normal values that depend on the name alone (rule fill-v1)."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    return np.asarray(np.random.default_rng(seed).standard_normal(tuple(shape))).astype("float32")


class Case:
    """One case: artificial weights, inputs and what the public network gave."""

    def __init__(self, name: str) -> None:
        folder = next((f for f in _FOLDERS if (f / f"{name}.json").is_file()), None)
        if folder is None:
            pytest.skip(f"{name}: set STYLETALKER_PARITY to the folder of the reference numbers")
        self.facts = json.loads((folder / f"{name}.json").read_text())
        self.arrays = np.load(folder / f"{name}.npz")
        self.prefix = self.facts["fill"]["prefix"]

    def tensors(self) -> dict[str, Tensor]:
        """The public state; the checksum says whether the random stream is the same."""
        digest, tensors = hashlib.sha256(), {}
        for name, shape, dtype, spec in self.facts["tensors"]:
            if spec == "int:0":
                tensors[name] = torch.from_numpy(np.zeros(shape, dtype))
                continue
            if isinstance(spec, str):
                tensors[name] = torch.from_numpy(self.arrays[spec])
                continue
            offset, scale, absolute = spec
            value = _random(self.prefix + name, shape)
            value = np.abs(value) if absolute else value
            value = np.asarray(np.float32(offset) + np.float32(scale) * value, "float32")
            digest.update(value.tobytes())
            tensors[name] = torch.from_numpy(value)
        assert digest.hexdigest() == self.facts["fill"]["sha256"], "another random stream"
        return tensors

    def input(self, name: str) -> Tensor:
        """An input tensor."""
        record = next(r for r in self.facts["inputs"] if r["name"] == f"input:{name}")
        if "values" in record:
            value = np.array(record["values"], record["final_dtype"])
        else:
            value = _random(f"{self.prefix}input:{name}", record["shape"])
            value = np.float32(record.get("scale", 1)) * value
        for axis, times in record.get("repeat", ()):
            value = value.repeat(times, axis)
        assert hashlib.sha256(value.tobytes()).hexdigest() == record["sha256"]
        return torch.from_numpy(value)

    def compare(self, given: Mapping[str, Tensor]) -> None:
        """Demand what the reference demands of all its outputs, and print what was used of it."""
        outputs = {output["name"]: output for output in self.facts["outputs"]}
        assert outputs
        assert set(outputs) <= set(given)
        for name, facts in outputs.items():
            value, tolerance = given[name].double().numpy(), facts["atol"]
            assert list(value.shape) == facts["full_shape"]
            part = value[_slices(facts["slice"])]
            deviations = [
                np.abs(part - self.arrays[name]).max(),
                abs(value.mean() - facts["mean"]),
                abs(value.std() - facts["std"]),
                abs(np.abs(value).max() - facts["absmax"]) / 2,
            ]
            used = float(max(deviations) / tolerance)
            assert used <= 1, f"{name} differs by {used:.2f} times its tolerance {tolerance:g}"
            print(f"{self.facts['case']} {name}: {used:.3f} of {tolerance:g}")


def _slices(text: str) -> tuple[Any, ...]:
    """The index written ``[..., ::8, ::8]``; nothing means all."""
    steps = text.strip("[]").replace("...", "").replace("::", "").replace(",", " ").split()
    return (..., *(slice(None, None, int(step)) for step in steps))
