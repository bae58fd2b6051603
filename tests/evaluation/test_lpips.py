"""LPIPS, with random weights, against a plain computation on torchvision's own networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
import torchvision
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.files import digest_of
from styletalker.core.public_files import VARIABLE
from styletalker.core.registry import Registry
from styletalker.core.weights_file.report import describe_file
from styletalker.evaluation.lpips import Lpips, NetworkName, lpips_network
from styletalker.evaluation.metrics.perceptual import LpipsMetric
from styletalker.evaluation.metrics.public_config import LpipsConfig
from support.evaluation import moving_clip

CHANNELS: dict[str, tuple[int, ...]] = {
    "alex": (64, 192, 384, 256, 256),
    "vgg": (64, 128, 256, 512, 512),
}
TAPS = {"alex": (2, 5, 8, 10, 12), "vgg": (4, 9, 16, 23, 30)}
"""Where the published slices of ``features`` end."""
NAMES = {"alex": "alexnet-owt-7be5be79.pth", "vgg": "vgg16-397923af.pth"}


def layers(network: str) -> Any:
    """The convolutions of torchvision's network, with random weights."""
    torch.manual_seed(1)
    if network == "alex":
        return torchvision.models.alexnet(weights=None).features.eval()
    vgg: Any = torchvision.models.vgg
    return vgg.make_layers(vgg.cfgs["D"], batch_norm=False).eval()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both pairs of files, as they are published."""
    where = tmp_path_factory.mktemp("public")
    for network, name in NAMES.items():
        state = {f"features.{k}": v for k, v in layers(network).state_dict().items()}
        torch.save(state | {"classifier.1.weight": torch.zeros(2)}, where / name)
        heads = {
            f"lin{k}.model.1.weight": torch.rand(1, channels, 1, 1)
            for k, channels in enumerate(CHANNELS[network])
        }
        torch.save(heads, where / f"{network}.pth", _use_new_zipfile_serialization=False)
    return where


def plainly(network: str, folder: Path, ours: Any, theirs: Any) -> float:
    """LPIPS of two pictures [H, W, 3], uint8, step by step in float64."""
    heads = torch.load(folder / f"{network}.pth", weights_only=True)
    torch.manual_seed(0)
    features = layers(network).double()
    mean, deviation = np.array([-0.030, -0.088, -0.188]), np.array([0.458, 0.448, 0.450])
    total = 0.0
    for k, end in enumerate(TAPS[network]):
        unit = []
        for picture in (ours, theirs):
            scaled = (picture.astype(np.float64) / 255 * 2 - 1 - mean) / deviation
            with torch.no_grad():
                found = features[:end](torch.from_numpy(scaled.transpose(2, 0, 1)[None]))[0]
            values = found.numpy()  # [C, H, W]
            unit.append(values / (np.sqrt((values**2).sum(0)) + 1e-10))
        weights = heads[f"lin{k}.model.1.weight"].double().numpy().reshape(-1, 1, 1)
        total += float(((unit[0] - unit[1]) ** 2 * weights).sum(0).mean())
    return total


def pictures(seed: int, side: int = 48) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (3, side, side + 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("network", ["alex", "vgg"])
def test_it_is_the_plain_computation(network: NetworkName, folder: Path) -> None:
    lpips = lpips_network(network, folder / NAMES[network], folder / f"{network}.pth")
    ours, theirs = pictures(0), pictures(1)
    found = lpips.of_frames(ours, theirs)
    wanted = [plainly(network, folder, *pair) for pair in zip(ours, theirs, strict=True)]
    assert min(wanted) > 0.01
    assert found.tolist() == pytest.approx(wanted, rel=1e-4)
    assert lpips.of_frames(ours, ours).tolist() == [0, 0, 0]


def test_as_a_metric(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(folder))
    truth = moving_clip(0, frames=3, side=64)
    noisy = attrs.evolve(truth, frames=(truth.frames // 2 + 20).astype(np.uint8))
    metric = LpipsMetric(LpipsConfig())
    assert (metric.title, metric.unavailable()) == ("LPIPS", "")
    assert LpipsMetric(LpipsConfig(network="vgg")).title == "LPIPS (VGG)"
    files = [folder / NAMES["alex"], folder / "alex.pth"]
    assert metric.weights() == {path.name: digest_of(path) for path in files}
    pairs = zip(noisy.frames, truth.frames, strict=True)
    wanted = np.mean([plainly("alex", folder, *pair) for pair in pairs])
    assert metric.measure(noisy, truth)["value"] == pytest.approx(wanted, rel=1e-4)
    assert metric.measure(truth, truth) == {"value": 0}
    small: Clip = moving_clip(0, frames=2, side=30)
    with pytest.raises(InputError, match="too small for LPIPS; expected at least 32 pixels"):
        metric.measure(small, small)


def test_missing_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    metric = LpipsMetric(LpipsConfig())
    assert "alexnet-owt-7be5be79.pth: AlexNet as torchvision publishes" in metric.unavailable()
    (tmp_path / NAMES["alex"]).touch()
    assert "alex.pth: what LPIPS weighs the channels" in metric.unavailable()
    assert "BSD-2-Clause" in metric.unavailable()


def test_files_that_are_something_else(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is no network of torchvision; expected tensors"):
        lpips_network("alex", folder / "vgg.pth", folder / "alex.pth")
    with pytest.raises(CheckpointError, match=r"0\.weight has the shape|is missing"):
        lpips_network("alex", folder / NAMES["vgg"], folder / "alex.pth")
    wrong = r"vgg\.pth: is not for this ModuleDict: lin1\.model\.1\.weight has the shape"
    with pytest.raises(CheckpointError, match=wrong):
        lpips_network("alex", folder / NAMES["alex"], folder / "vgg.pth")
    assert len(list(Lpips("alex").heads.parameters())) == 5


def test_inspect_names_them(folder: Path) -> None:
    registry = Registry.installed()
    for name, family, kind in (
        (NAMES["alex"], "lpips-backbone", "AlexNet"),
        (NAMES["vgg"], "lpips-backbone", "VGG-16"),
        ("alex.pth", "lpips-heads", "for AlexNet: [64, 192, 384, 256, 256] channels"),
        ("vgg.pth", "lpips-heads", "for VGG-16: [64, 128, 256, 512, 512] channels"),
    ):
        (held,) = describe_file(folder / name, registry)["holds"]
        assert (held["family"], held["architecture"]) == (family, kind)
