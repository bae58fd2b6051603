"""Reference cases: numbers that public implementations gave for seeded artificial weights.

The cases are files of their own (json and npz); STYLETALKER_PARITY names their folder. The random
numbers depend on names alone, so no weights need to be stored.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

FOLDER = Path(os.environ.get("STYLETALKER_PARITY", "-"))
FILES = FOLDER / "open" if (FOLDER / "open").is_dir() else FOLDER

needs_cases = pytest.mark.skipif(
    not (FILES / "sg3t_g32_small.json").is_file(),
    reason="set STYLETALKER_PARITY to the folder of the reference vectors",
)


def standard_normal(name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Standard normal values that depend on the name alone (rule fill-v1)."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    return np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype("float32")


def fill(name: str, shape: tuple[int, ...], spec: Any) -> np.ndarray[Any, Any]:
    """A tensor of the rule's ``[offset, scale, absolute]``."""
    offset, scale, absolute = spec
    value = standard_normal(name, shape)
    value = np.abs(value) if absolute else value
    return np.asarray(np.float32(offset) + np.float32(scale) * value, "float32")


class Case:
    """One reference case: artificial weights, inputs and what the public network gave."""

    def __init__(self, name: str, folder: Path = FILES) -> None:
        self.facts = json.loads((folder / f"{name}.json").read_text())
        self.arrays = np.load(folder / f"{name}.npz")
        self.prefix = self.facts["fill"]["prefix"]

    def tensors(self) -> dict[str, Tensor]:
        """The public state dict; the checksum says whether the random stream is the same."""
        digest, tensors = hashlib.sha256(), {}
        for name, shape, dtype, spec in self.facts["tensors"]:
            if isinstance(spec, str):
                value = np.zeros(shape, dtype) if spec == "int:0" else self.arrays[spec]
            else:
                value = fill(self.prefix + name, tuple(shape), spec)
                digest.update(value.tobytes())
            tensors[name] = torch.from_numpy(np.asarray(value))
        assert digest.hexdigest() == self.facts["fill"]["sha256"], "another random stream"
        return tensors

    def input(self, name: str) -> Tensor:
        """An input tensor."""
        record = next(r for r in self.facts["inputs"] if r["name"] == f"input:{name}")
        spec = (record.get("offset", 0), record.get("scale", 1), False)
        value = fill(f"{self.prefix}input:{name}", tuple(record["shape"]), spec)
        for axis, times in record.get("repeat", []):
            value = np.repeat(value, times, axis)
        if "div" in record:
            value = value / np.float32(record["div"])
        assert hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest() == record["sha256"]
        return torch.from_numpy(np.ascontiguousarray(value))

    def compare_all(self, given: dict[str, Tensor]) -> None:
        """Demand every output of the case, and nothing else."""
        assert set(given) == {output["name"] for output in self.facts["outputs"]}
        for name, value in given.items():
            self.compare(name, value)

    def compare(self, name: str, given: Tensor) -> None:
        """Demand what the reference demands, and print how much of the tolerance was used."""
        facts = next(output for output in self.facts["outputs"] if output["name"] == name)
        value, tolerance = given.double().numpy(), facts["atol"]
        assert list(value.shape) == facts["full_shape"]
        part = value[_slices(facts["slice"])]
        deviations = [
            np.abs(part - self.arrays[name]).max(),
            abs(value.mean() - facts["mean"]),
            abs(value.std() - facts["std"]),
            abs(np.abs(value).max() - facts["absmax"]) / 2,
        ]
        relative = float(max(deviations) / tolerance)
        print(f"{self.facts['case']} {name}: {relative:.3f} of {tolerance:g}")
        assert relative <= 1, f"{name} differs by {relative:.2f} times its tolerance {tolerance:g}"


def _slices(text: str) -> tuple[Any, ...]:
    """The index written ``[..., ::8, ::8]``; nothing means all."""
    steps = text.strip("[]").replace("...", "").replace("::", "").replace(",", " ").split()
    return (..., *(slice(None, None, int(step)) for step in steps))
