"""Reference vectors: artificial weights, inputs and outputs of public implementations.

``Case`` reads one from the folder in STYLETALKER_PARITY; without it, from ``tests/parity``, where
the small cases are kept, so that a clone alone proves the same.
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

__all__ = ["Case", "available", "filled", "speech", "video"]

_FOLDER = Path(os.environ.get("STYLETALKER_PARITY", "-"))
_FILES = _FOLDER / "open" if (_FOLDER / "open").is_dir() else _FOLDER
SLIM = Path(__file__).parents[1] / "parity"
"""Where the small cases lie."""


def available(name: str) -> Path:
    """The folder that holds a case; skips the test if none does, saying how to get it."""
    for folder in (_FILES, SLIM):
        if (folder / f"{name}.json").is_file():
            return folder
    pytest.skip(f"set STYLETALKER_PARITY to the folder of the reference vectors: no {name} here")


def drawn(name: str) -> np.random.Generator:
    """The generator that belongs to a name (rule fill-v1)."""
    return np.random.default_rng(
        int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    )


def filled(name: str, shape: Any, offset: float, scale: float, absolute: bool = False) -> Any:
    """Values that depend on the name alone (rule fill-v1)."""
    value = np.asarray(drawn(name).standard_normal(tuple(shape))).astype("float32")
    value = np.abs(value) if absolute else value
    return np.asarray(np.float32(offset) + np.float32(scale) * value, "float32")


def speech(samples: int, prefix: str = "") -> Any:
    """int16 samples (rule audio-v1)."""
    r, blocks = drawn(f"{prefix}input:audio"), -(-samples // 640)
    k, f = r.integers(2, 12, size=blocks), r.integers(80, 400, size=blocks)
    z = r.standard_normal(samples)
    n = np.arange(samples)
    b = n // 640
    x = ((n * f[b]) % 16000 - 8000 + np.floor(1000 * z)) * 2.0 ** k[b] / 4096
    return np.clip(np.floor(x), -32768, 32767).astype("int16")


def video(frames: int, prefix: str = "") -> Any:
    """BGR frames uint8 [T, 224, 224, 3] (rule video-v1)."""
    small = drawn(f"{prefix}input:video").integers(0, 256, size=(frames, 28, 28, 3))
    return small.astype("uint8").repeat(8, 1).repeat(8, 2)


class Case:
    """One reference case."""

    def __init__(self, name: str) -> None:
        folder = available(name)
        self.facts = json.loads((folder / f"{name}.json").read_text())
        self.arrays = np.load(folder / f"{name}.npz")
        self.prefix = self.facts.get("fill", self.facts).get("prefix", "")

    def tensors(self) -> dict[str, Tensor]:
        """The public state dict; the checksum says whether the random stream is the same."""
        digest, tensors = hashlib.sha256(), {}
        for name, shape, _, spec in self.facts["tensors"]:
            if spec == "int:0":
                tensors[name] = torch.zeros(shape, dtype=torch.int64)
                continue
            offset, scale, absolute = spec
            value = filled(self.prefix + name, shape, offset, scale, bool(absolute))
            digest.update(value.tobytes())
            tensors[name] = torch.from_numpy(value)
        assert digest.hexdigest() == self.facts["fill"]["sha256"], "another random stream"
        return tensors

    def input(self, name: str) -> Any:
        """An input array."""
        record = next(r for r in self.facts["inputs"] if r["name"] == f"input:{name}")
        key = f"{self.prefix}input:{name}"
        if record.get("rule") == "audio-v1":
            value = speech(record["shape"][0], self.prefix)
        elif record.get("rule") == "video-v1":
            value = video(record["shape"][0], self.prefix)
        elif record["dist"] == "normal":
            value = filled(key, record["shape"], record.get("offset", 0), record.get("scale", 1))
        else:
            size = record["shape"]
            value = drawn(key).integers(record["low"], record["high"], size=size)
            value = value.astype(record["dtype"])
        for axis, count in record.get("repeat", []) if "rule" not in record else []:
            value = value.repeat(count, axis)
        if "div" in record:
            value = value / np.float32(record["div"])
        if "sha256" in record:
            assert (
                hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
                == (record["sha256"])
            )
        return value

    def compare(self, name: str, given: Any) -> float:
        """Demand what the reference demands; returns how much of the tolerance was used."""
        facts = next(output for output in self.facts["outputs"] if output["name"] == name)
        value, atol = np.asarray(given, np.float64), facts["atol"]
        assert list(value.shape) == facts["full_shape"], name
        part = value[_index(facts["slice"])] if facts["slice"] else value
        deviations = [
            np.abs(part - self.arrays[name]).max(),
            abs(value.mean() - facts["mean"]),
            abs(value.std() - facts["std"]),
            abs(np.abs(value).max() - facts["absmax"]) / 2,
        ]
        used = float(max(deviations) / atol)
        assert used <= 1, f"{name} differs by {used:.2f} times its tolerance {atol:g}"
        print(f"{self.facts['case']} {name}: {used:.3f} of {atol:g}")
        return used


def _index(text: str) -> tuple[Any, ...]:
    """The index written ``[::4, ::8]`` or ``[:, ::2]``."""
    parts = [part.strip() for part in text.strip("[]").split(",")]
    return tuple(
        ... if part == "..." else slice(*(int(v) if v else None for v in part.split(":")))
        for part in parts
    )
