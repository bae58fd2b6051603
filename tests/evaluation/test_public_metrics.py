"""Metrics by public weights: their numbers, and what is said where the weights are missing."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from styletalker.core.clip import Clip
from styletalker.core.config.options import Chosen
from styletalker.core.errors import CheckpointError, ConfigError, InputError, PluginError
from styletalker.core.files import digest_of
from styletalker.core.public_files import VARIABLE, weights_folder
from styletalker.core.registry import Registry
from styletalker.evaluation import inception as inception_module
from styletalker.evaluation.face_crop import FaceCrops, WholeFrames, face_boxes
from styletalker.evaluation.frechet import frechet_distance
from styletalker.evaluation.harness.default import DEFAULT_METRICS, choose_metrics
from styletalker.evaluation.harness.protocol import VERSION
from styletalker.evaluation.harness.tool import tools_of
from styletalker.evaluation.image_quality import psnr, ssim
from styletalker.evaluation.inception import InceptionFeatures
from styletalker.evaluation.metrics.config import MetricConfig
from styletalker.evaluation.metrics.distributions import Fid, FrechetMetric
from styletalker.evaluation.metrics.lip_sync import AvOffset, AvOffsetSize, LseC, LseD
from styletalker.evaluation.metrics.public_config import CsimConfig, FidConfig, LseConfig
from styletalker.evaluation.report.write import write_report
from styletalker.evaluation.tracking import Track
from styletalker.plugins.syncnet.fast import fast_streams
from styletalker.plugins.syncnet.front_end import as_int16
from styletalker.plugins.syncnet.network import SyncNetNetwork
from styletalker.plugins.syncnet.scoring import compare, features_of
from support.evaluation import method, moving_clip
from support.parity import Case

_MISSING = r"not computed: .*syncnet_v2\.model: SyncNet v2.* is missing.*licence.*Nothing is downl"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No public weights of this machine take part."""
    folder = tmp_path / "weights"
    monkeypatch.setenv(VARIABLE, str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    return folder


def chosen(name: str, config: object) -> Chosen:
    return Chosen(role="metric", type=name, config=config)


@pytest.fixture(scope="module")
def syncnet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = SyncNetNetwork()
    network.netcnnlip[0].get_parameter("weight").data /= 64
    path = tmp_path_factory.mktemp("public") / "any-name.model"
    torch.save(network.state_dict(), path)
    return path


def report(folder: Path, metrics: list[Chosen], clips: list[Clip]) -> tuple[Any, Path]:
    tools = tools_of(metrics, Registry.installed())
    methods = [method("ours", clips, clips)]
    output = folder / "report"
    write_report(output, methods, tools, store=folder / "kept", title="t", shown=0, workers=1)
    return json.loads((output / "summary.json").read_text()), output


def test_missing_weights_are_a_reason_and_not_a_number(tmp_path: Path) -> None:
    metrics = [
        chosen("lse_d", LseConfig()),
        chosen("fid", FidConfig()),
        chosen("csim", CsimConfig()),
        chosen("psnr", MetricConfig()),
    ]
    summary, output = report(tmp_path, metrics, [moving_clip(k) for k in range(2)])
    entries = summary["methods"]["ours"]
    for name in ("lse_d", "fid", "csim"):
        entry = entries[name]
        assert (entry["value"], entry["clips"], entry["failures"]) == (None, 0, []), name
        assert entry["missing"], name
    assert entries["psnr"]["value"] == 100
    assert not entries["psnr"]["missing"]
    import re

    assert re.match(_MISSING, entries["lse_d"]["reason"])
    assert "pt_inception-2015-12-05-6726825d.pth" in entries["fid"]["reason"]
    assert "non-commercial" in entries["csim"]["reason"]
    page = (output / "index.html").read_text()
    assert "<h2>Metrics not computed</h2>" in page
    assert "LSE-D: not computed: " in page
    assert "Every clip was measured by every metric that was asked." in page
    assert "LSE-D" not in (output / "table.md").read_text()
    rows = list(csv.DictReader((output / "clips.csv").read_text().splitlines()))
    assert {row["metric"] for row in rows} == {"psnr"}


def test_weights_are_looked_for_where_it_says(
    tmp_path: Path, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert weights_folder() == empty_folder
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert weights_folder() == tmp_path / "data" / "styletalker" / "weights"
    assert LseD(LseConfig()).unavailable().startswith(str(weights_folder()))
    weights_folder().mkdir(parents=True)
    (weights_folder() / "syncnet_v2.model").touch()
    assert LseD(LseConfig()).unavailable() == ""
    with pytest.raises(CheckpointError, match=r"syncnet_v2\.model: "):
        LseD(LseConfig(crop="frame")).measure(moving_clip(0, frames=40), None)


def test_lse_is_what_the_protocol_gives(tmp_path: Path, syncnet_file: Path) -> None:
    clip = moving_clip(0, frames=26)
    config = LseConfig(weights=str(syncnet_file), crop="frame")
    metrics = [chosen(name, config) for name in ("lse_d", "lse_c", "av_offset", "av_offset_size")]
    summary, _ = report(tmp_path, metrics, [clip])
    network = SyncNetNetwork()
    network.load_state_dict(torch.load(syncnet_file, weights_only=True))
    streams = fast_streams(network.eval())
    wanted = compare(*features_of(streams, WholeFrames(clip.frames), as_int16(clip.waveform)))
    entries = summary["methods"]["ours"]
    assert entries["lse_d"]["value"] == pytest.approx(wanted.distance, rel=1e-5)
    assert entries["lse_c"]["value"] == pytest.approx(wanted.confidence, rel=1e-3)
    assert entries["av_offset"]["value"] == wanted.offset_frames
    assert entries["lse_d"]["title"] == "LSE-D (whole frame)"
    assert summary["weights"]["syncnet_v2.model"] == digest_of(syncnet_file)


def test_what_the_lip_sync_metrics_say() -> None:
    measured = [
        {"distance": 8.0, "confidence": 5.0, "offset_frames": 3},
        {"distance": 6.0, "confidence": 7.0, "offset_frames": -1},
    ]
    config = LseConfig()
    found = {cls: cls(config) for cls in (LseD, LseC, AvOffset, AvOffsetSize)}
    assert [metric.summarise(measured) for metric in found.values()] == [7, 6, 1, 2]
    assert [metric.title for metric in found.values()] == [
        "LSE-D",
        "LSE-C",
        "AV offset",
        "AV offset size",
    ]
    assert [metric.direction for metric in found.values()] == ["lower", "higher", "none", "lower"]
    assert all(metric.hears for metric in found.values())


def test_silent_and_fast_videos_are_refused(syncnet_file: Path) -> None:
    metric = LseD(LseConfig(weights=str(syncnet_file), crop="frame"))
    clip = moving_clip(0)
    with pytest.raises(InputError, match="no sound track"):
        metric.measure(attrs.evolve(clip, facts={"sound": False}), None)
    fast = attrs.evolve(clip, fps=50, sample_rate=32000)
    with pytest.raises(InputError, match=r"other rates; expected \(25, 16000\)"):
        metric.measure(fast, None)
    with pytest.raises(InputError, match="at least 6 frames with sound, got 5"):
        metric.measure(moving_clip(0, frames=5), None)


def followed(frames: int = 20) -> Track:
    """A face whose jaw spans 40 to 60, with brows at 30 and the chin at 50; it moves right."""
    points = np.full((frames, 68, 2), 45.0)
    points[:, 0], points[:, 16] = (40, 35), (60, 35)
    points[:, 17:27, 1] = 30
    points[:, 8] = (50, 50)
    points[..., 0] += np.arange(frames)[:, None]
    found = np.ones(frames, bool)
    return Track(landmarks=points, found=found, boxes=np.zeros((frames, 4)))


def test_the_box_and_the_crop_are_as_published() -> None:
    track = followed()
    boxes = face_boxes(track)
    # the forehead ends 0.4 * 20 above the brows: 22 to 50 high, 20 wide
    assert boxes[10] == pytest.approx([60, 36, 14])
    gone = attrs.evolve(track, found=np.arange(20) % 4 != 1)
    gone.landmarks[~gone.found] = np.nan
    assert face_boxes(gone)[10] == pytest.approx([60, 36, 14])
    with pytest.raises(InputError, match="too few frames have a face; expected at least 50%"):
        face_boxes(attrs.evolve(track, found=np.arange(20) < 9))
    frames = np.zeros((1, 80, 120, 3), np.uint8)
    frames[..., 0] = np.arange(120)  # red says the column, green the row
    frames[..., 1] = np.arange(80)[:, None]
    crop = FaceCrops(frames, np.array([[60.0, 36.0, 14.0]]))[0:1][0]
    assert crop.shape == (224, 224, 3)
    # columns 60 - 19.6 to 60 + 19.6, rows 36 - 14 to 36 + 25.2; blue, green, red
    assert crop[112, 0].tolist() == pytest.approx([0, 41, 40], abs=1)
    assert crop[0, 223].tolist() == pytest.approx([0, 22, 78], abs=1)
    assert crop[223, 112].tolist() == pytest.approx([0, 60, 60], abs=1)
    beyond = FaceCrops(frames, np.array([[5.0, 36.0, 14.0]]))[0:1][0]
    assert beyond[100, 5].tolist() == [110, 110, 110]
    whole = WholeFrames(frames)[0:1]
    assert whole.shape == (1, 224, 224, 3)
    assert whole[0, 0, 223].tolist() == [0, 0, 119]


@pytest.mark.parametrize("name", ["fid_d48", "fid_d48_rank_deficient"])
def test_frechet_distance(name: str) -> None:
    case = Case(name)
    first, second = case.input("feat1").astype(float), case.input("feat2").astype(float)
    mixed = second @ (case.input("mix").astype(float) / np.sqrt(48)) + 0.25
    case.compare("fid", frechet_distance(first, mixed))
    case.compare("fid_same", frechet_distance(first, first))


def test_frechet_distance_of_too_little() -> None:
    with pytest.raises(InputError, match="at least 2, got 1"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(InputError, match=r"expected \[N, 4\]"):
        frechet_distance(np.zeros((5, 3)), np.zeros((5, 4)))


def test_ssim_and_psnr_are_the_public_ones() -> None:
    case = Case("ssim_psnr")
    image = case.input("img")
    noisy = np.clip(image + case.input("noise"), 0, 255).astype(np.uint8)
    case.compare("psnr", psnr(noisy, image))
    case.compare("ssim_rgb_gauss", ssim(image, noisy))


class Means(FrechetMetric):
    """Distance of mean colours."""

    title = "FD-means"

    def features(self, clip: Clip) -> Any:
        return clip.frames.mean((1, 2)).astype(np.float32)


def test_a_pooled_metric_has_one_value_of_all_clips(tmp_path: Path) -> None:
    from styletalker.evaluation.harness.tool import Tool

    clips = [moving_clip(k) for k in range(3)]
    darker = [attrs.evolve(one, frames=one.frames // 2) for one in clips]
    tool = Tool(name="means", metric=Means(None), identity="means 1")
    output = tmp_path / "report"
    methods = [method("ours", darker, clips)]
    summary = write_report(
        output, methods, [tool], store=tmp_path / "kept", title="t", shown=0, workers=1
    )
    entry = summary["methods"]["ours"]["means"]
    sides = (np.concatenate([one.frames.mean((1, 2)) for one in side]) for side in (darker, clips))
    assert entry["value"] == pytest.approx(frechet_distance(*sides), rel=1e-4)
    assert entry["interval"] is None
    assert entry["clips"] == 3
    rows = list(csv.DictReader((output / "clips.csv").read_text().splitlines()))
    assert [row["value"] for row in rows] == ["", "", ""]
    assert rows[0]["reason"] == "one value of all clips together"


@torch.no_grad()
def test_inception_is_pytorch_fids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same features as by pytorch-fid's own class, from a file in its layout."""
    from pytorch_fid import inception as public

    torch.manual_seed(0)
    state = InceptionFeatures().network.state_dict()
    for name, value in state.items():
        if name.endswith("conv.weight"):
            value.normal_(0, (2 / value[0].numel()) ** 0.5)
    path = tmp_path / "pt_inception-2015-12-05-6726825d.pth"
    torch.save(state, path)
    monkeypatch.setattr(public, "load_state_dict_from_url", lambda *_, **__: state)
    theirs = public.InceptionV3().eval()
    frames = np.random.default_rng(0).integers(0, 256, (2, 40, 56, 3)).astype(np.uint8)
    given = theirs(torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255)[0][..., 0, 0]
    inception_module.inception.cache_clear()
    metric = Fid(FidConfig(weights=str(path), every=4))
    clip = attrs.evolve(moving_clip(0), frames=frames.repeat(4, 0))
    found = metric.features(clip)
    inception_module.inception.cache_clear()
    assert found.shape == (2, 2048)
    assert np.abs(found).max() > 0.1
    assert np.allclose(found, given.numpy(), rtol=1e-3, atol=1e-4 * np.abs(found).max())
    assert metric.title == "FID (every 4 frames)"
    assert Fid(FidConfig(crop="face")).title == "FID (face crop)"
    assert metric.weights() == {path.name: digest_of(path)}


def test_options_of_metrics_on_the_command_line() -> None:
    registry = Registry.installed()
    texts = ["fid:crop=face,every=5", "psnr", "lse_d:weights=a, b.model,crop=frame"]
    found = choose_metrics(texts, registry)
    assert [one.config for one in found] == [
        FidConfig(crop="face", every=5),
        MetricConfig(),
        LseConfig(weights="a, b.model", crop="frame"),
    ]
    assert [one.type for one in choose_metrics((), registry)] == list(DEFAULT_METRICS)
    for text, kind, message in (
        ("fid:evry=5", InputError, "the metric 'fid': evry: .*did you mean 'every'"),
        ("fid:every=0", InputError, "the metric 'fid': every: out of range; expected 1 to 1000"),
        ("fid:every", ConfigError, "not an override: 'every'"),
        ("csim:", ConfigError, "not an override"),
        (
            "fvd",
            InputError,
            "the metric 'fvd' is not offered: its public network, an I3D, is a Tor",
        ),
        ("fidd:every=5", PluginError, "no such metric: 'fidd'; did you mean 'fid'"),
    ):
        with pytest.raises(kind, match=message):
            choose_metrics([text], registry)


def test_a_frechet_distance_of_nothing_is_nothing() -> None:
    """Rounding gave small negative numbers before version 2 of the protocol."""
    drawn = np.random.default_rng(3).normal(size=(40, 128)) * 0.1 + 3
    assert 0 <= frechet_distance(drawn, drawn) < 1e-9
    assert min(frechet_distance(drawn[k:], drawn[k:]) for k in range(9)) == 0
    assert VERSION == 2
