"""Two tiny networks, their registry, and a package that brings weights for them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest
import torch
from styletalker.core.checkpoint import save_component
from styletalker.core.config.options import OPERATIONAL, within
from styletalker.core.files import write_text
from styletalker.core.interfaces.generator import Generator, NoiseMode
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.core.interfaces.stage import Stage
from styletalker.core.registry import Registry
from styletalker.core.run.context import StageContext
from torch import Tensor, nn

from support.parts import Mood, Optimiser, component, make_registry

__all__ = ["PACKAGE", "TinyConfig", "TinyGenerator", "TinyInverter", "save_tiny", "tiny_registry"]

PACKAGE = "tiny_weights"


@attrs.frozen(kw_only=True)
class TinyConfig:
    """Options of the tiny generators."""

    size: int = attrs.field(validator=within(1, 64))
    """Pixels, 1 to 64; required."""
    gain: float = 1.0
    """A number."""
    mood: Mood = Mood.CALM
    """An enumeration."""
    optimiser: Optimiser = attrs.field(factory=Optimiser)
    """Nested options."""
    workers: int = attrs.field(default=1, metadata=OPERATIONAL)
    """Changes how fast it is."""


@attrs.frozen(kw_only=True)
class TinyInverterConfig:
    """Options of the tiny inverter."""

    hidden: int = attrs.field(default=3, validator=within(1, 64))
    """Channels, 1 to 64."""


class TinyGenerator(Generator):
    """One linear layer each way, and a counter."""

    z_dim, num_ws, w_dim = 4, 2, 3

    def __init__(self, config: TinyConfig) -> None:
        super().__init__(config)
        self.to_w = nn.Linear(4, 6)
        self.to_rgb = nn.Linear(6, 3 * config.size**2)
        self.register_buffer("count", torch.tensor(5))

    @property
    def resolution(self) -> int:
        return int(self.config.size)

    def mapping(self, z: Tensor, *, truncation: float = 1.0) -> Tensor:
        code: Tensor = self.to_w(z).reshape(-1, 2, 3)
        return code

    def synthesis(self, ws: Tensor, *, noise: NoiseMode = "const") -> Tensor:
        image: Tensor = self.to_rgb(ws.flatten(1)).unflatten(1, (3, self.resolution, -1))
        return image

    def mean_ws(self) -> Tensor:
        return self.to_w.bias.reshape(2, 3)


class TinyInverter(Inverter):
    """One linear layer, whose size comes from the generator."""

    trainable = True

    def __init__(self, config: Any, *, resolution: int, num_ws: int, w_dim: int) -> None:
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        self.net = nn.Linear(3 * resolution**2, num_ws * w_dim)

    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        ws = self.net(images.flatten(1)).unflatten(1, (self.num_ws, self.w_dim))
        return Inversion(ws=ws, generator=generator)


def tiny_registry() -> Registry:
    """The test components with ``tiny`` and ``other`` generators and a ``tiny`` inverter."""
    here = "support.tiny:"
    names = ("puppet", "portrait")
    brought = {name: f"{PACKAGE}:weights/{name}.safetensors" for name in names}
    inverter = {"puppet": f"{PACKAGE}:weights/inverter.safetensors"}
    return make_registry(
        component("generator", "tiny", TinyConfig, here + "TinyGenerator", pretrained=brought),
        component("stage", "use", TinyInverterConfig, here + "UseGenerator"),
        component("generator", "other", TinyConfig, here + "TinyGenerator"),
        component(
            "inverter",
            "tiny",
            TinyInverterConfig,
            here + "TinyInverter",
            pretrained=inverter,
        ),
    )


def save_tiny(path: Path, **changes: Any) -> nn.Module:
    """Write a tiny generator of 8 px with other options than the defaults; and give it."""
    options: dict[str, Any] = {"size": 8, "gain": 2.0, "mood": "lively", "optimiser": {"rate": 0.5}}
    options |= changes.pop("options", {})
    torch.manual_seed(changes.pop("seed", 3))
    module = TinyGenerator(TinyConfig(size=options["size"]))
    facts = {"role": "generator", "type": "tiny", "step": 7, **changes}
    save_component(path, module, options=options, **facts)
    return module


@pytest.fixture
def tiny_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the weights ``puppet`` of the tiny networks, on ``sys.path``."""
    package = tmp_path / "site" / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    save_tiny(package / "weights/puppet.safetensors")
    inverter = TinyInverter(TinyInverterConfig(), resolution=8, num_ws=2, w_dim=3)
    path = package / "weights/inverter.safetensors"
    save_component(path, inverter, role="inverter", type="tiny", options={"hidden": 3}, step=1)
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    importlib.invalidate_caches()
    return package / "weights"


class UseGenerator(Stage):
    """Writes the generator's resolution."""

    roles = ("generator",)
    outputs: ClassVar[Mapping[str, str]] = {"size": "size.txt"}

    def run(self, context: StageContext) -> None:
        size = context.components.get("generator").resolution
        write_text(context.outputs["size"], str(size))
