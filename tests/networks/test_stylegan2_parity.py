"""``stylegan2`` against numbers of the public implementations, with seeded artificial weights.

The reference vectors are files of their own: set STYLETALKER_PARITY to their folder. Without it
these tests are skipped; the layers' numbers are tested in ``test_stylegan2.py`` in any case.
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
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.generator import StyleGAN2
from styletalker.plugins.stylegan2.public import from_public, options_of
from styletalker.plugins.stylegan2.rosinality import as_public
from torch import Tensor

_FOLDER = Path(os.environ.get("STYLETALKER_PARITY", "-"))
_FILES = _FOLDER / "open" if (_FOLDER / "open").is_dir() else _FOLDER
pytestmark = pytest.mark.skipif(
    not (_FILES / "sg2nv_g32_small.json").is_file(),
    reason="set STYLETALKER_PARITY to the folder of the reference vectors",
)


def _random(name: str, shape: list[int]) -> np.ndarray[Any, Any]:
    """Standard normal values that depend on the name alone (rule fill-v1)."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    return np.asarray(np.random.default_rng(seed).standard_normal(tuple(shape))).astype("float32")


class _Case:
    """One reference case: artificial weights, inputs and what the public network gave."""

    def __init__(self, name: str) -> None:
        self.facts = json.loads((_FILES / f"{name}.json").read_text())
        self.arrays = np.load(_FILES / f"{name}.npz")
        self.prefix = self.facts["fill"]["prefix"]

    def tensors(self) -> dict[str, Tensor]:
        """The public state dict; the checksum says whether the random stream is the same."""
        digest, tensors = hashlib.sha256(), {}
        for name, shape, _, spec in self.facts["tensors"]:
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
        value = _random(f"{self.prefix}input:{name}", record["shape"])
        value = np.float32(record.get("scale", 1)) * value
        assert hashlib.sha256(value.tobytes()).hexdigest() == record["sha256"]
        return torch.from_numpy(value)

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
        assert relative <= 1, f"{name} differs by {relative:.2f} times its tolerance {tolerance:g}"
        print(f"{self.facts['case']} {name}: {relative:.3f} of {tolerance:g}")


def _slices(text: str) -> tuple[Any, ...]:
    """The index written ``[..., ::8, ::8]``; nothing means all."""
    steps = text.strip("[]").replace("...", "").replace("::", "").replace(",", " ").split()
    return (..., *(slice(None, None, int(step)) for step in steps))


def _generator(case: _Case, tensors: dict[str, Tensor]) -> StyleGAN2:
    options = options_of(tensors)
    given = case.facts["constructor"]
    assert options["resolution"] == given.get("img_resolution", given.get("size"))
    assert options["w_dim"] == given.get("w_dim", given.get("style_dim"))
    config = StyleGAN2Config(**options, conv_clamp=given.get("conv_clamp"))
    generator = StyleGAN2(config).eval()
    generator.load_state_dict(from_public(tensors))  # strict: nothing missing, nothing unknown
    return generator


@torch.no_grad()
@pytest.mark.parametrize("name", ["sg2nv_g32_small", "sg2nv_g256_slim"])
def test_gives_the_public_numbers(name: str) -> None:
    """All outputs of a case: codes, images, W+, truncation, cutoff, no noise."""
    case = _Case(name)
    generator = _generator(case, case.tensors())
    z = case.input("z")
    ws, truncated = generator.mapping(z), generator.mapping(z, truncation=0.7)
    cut = generator.mapping(z, truncation=0.5, cutoff=4)
    given = {
        "ws_row0": ws[:, 0],
        "img": generator.synthesis(ws),
        "img_wplus": generator.synthesis(case.input("wplus")),
        "ws_psi0.7_row0": truncated[:, 0],
        "img_psi0.7": generator.synthesis(truncated),
        "img_psi0.5_cutoff4": generator.synthesis(cut),
        "img_noise_none": generator.synthesis(ws, noise="none"),
    }
    assert set(given) == {output["name"] for output in case.facts["outputs"]}
    for output, value in given.items():
        case.compare(output, value)


@torch.no_grad()
@pytest.mark.parametrize("name", ["rosinality_g32", "rosinality_g64_w64"])
def test_gives_the_numbers_of_the_other_layout(name: str) -> None:
    """All outputs, from a state and a mean code as rosinality's checkpoints hold them."""
    case = _Case(name)
    tensors = as_public(case.tensors(), case.input("latent_avg"))
    generator = _generator(case, tensors)
    z, z2 = case.input("z"), case.input("z2")
    ws = generator.mapping(z)
    given = {
        "w": ws[:, 0],
        "img": generator.synthesis(ws),
        "img_wplus": generator.synthesis(case.input("wplus")),
        "img_psi0.7": generator.synthesis(generator.mapping(z, truncation=0.7)),
        "img_mix3": generator.synthesis(torch.cat([ws[:, :3], generator.mapping(z2)[:, 3:]], 1)),
    }
    assert set(given) == {output["name"] for output in case.facts["outputs"]}
    for output, value in given.items():
        case.compare(output, value)


@torch.no_grad()
def test_clamp_gives_the_public_numbers() -> None:
    """A low clamp that is often reached; of a generator with labels, so W+ only."""
    case = _Case("sg2nv_g32_cond_clamp")
    tensors = {
        name: tensor
        for name, tensor in case.tensors().items()
        if not name.startswith("mapping.embed")
    }
    tensors["mapping.fc0.weight"] = tensors["mapping.fc0.weight"][:, : case.input("z").shape[1]]
    generator = _generator(case, tensors)
    case.compare("img_wplus", generator.synthesis(case.input("wplus")))
