"""recipes/finetune-person.yaml on four seconds of a person: every stage, and what is unchanged."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import torch
from rich.console import Console
from styletalker.core.errors import ConfigError
from styletalker.core.media.video import write_video
from styletalker.core.pretrained import load_talker_components
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.artifacts import latest_artifact
from styletalker.core.run.metrics import read_metrics
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet


def run(folder: Path, videos: Path, *overrides: str) -> Path:
    registry = Registry.installed()
    options = [
        f"corpus.folder={videos}",
        f"corpus.index={folder.parent / 'index.json'}",
        "corpus.resolution=96",
        "corpus.seconds=1",
        "components.inverter={type: mesh_fit, boxes: 1, track_boxes: 1}",
        "pipeline.prior.frames=20",
        "pipeline.prior.training.steps=2",
        "pipeline.prior.training.batch=2",
        "pipeline.prior.training.threads=1",
        "pipeline.prior.training.accelerator=cpu",
        "pipeline.said-before.clips=1",
        "pipeline.said-after.clips=1",
        *(f"pipeline.{stage}.workers=1" for stage in ("before", "after")),
        *(f"pipeline.{stage}.metrics=[psnr]" for stage in ("before", "after")),
        *overrides,
    ]
    recipe = read_recipe("finetune-person", registry, options)
    run_recipe(recipe, registry, folder, reporter=Reporter(Console(file=io.StringIO())))
    return folder


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anna")
    corpus = Puppet(PuppetConfig(resolution=96, frames=100, train_identities=1, supersample=False))
    clip = corpus.clip("train", 0)
    write_video(folder / "a.mp4", clip.frames, fps=25, waveform=clip.waveform, sample_rate=16000)
    return folder


def test_the_recipe(videos: Path, tmp_path: Path) -> None:
    folder = run(tmp_path / "run", videos)
    seen = {line["stage"]: line for line in read_metrics(folder / "metrics.jsonl")}
    seconds = [seen["person"][f"{split}_seconds"] for split in ("train", "val", "test")]
    assert seconds == [1, 1, 2]
    assert seen["prior"]["kept_share"] in (0.0, 0.25, 0.5, 0.75, 1.0)
    assert seen["prior"]["manner_before"] > 0
    talker = load_talker_components(folder, Registry.installed())
    bundled = load_talker_components("builtin:portrait", Registry.installed())
    for role in ("audio_encoder", "motion_vae"):  # lips are as they were
        mine, old = talker.get(role).state_dict(), bundled.get(role).state_dict()
        assert all(torch.equal(mine[name], old[name]) for name in old)
    about = json.loads((latest_artifact(folder, "videos") / "videos.json").read_text())
    assert {one["split"] for one in about["videos"]} == {"test"}
    for stage in ("before", "after"):
        report = json.loads((folder / "stages" / stage / "report" / "summary.json").read_text())
        assert report["methods"]["audio-driven"]["psnr"]["value"] > 10


def test_only_inverters_that_follow_will_do(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the inverter optimize cannot follow a video as a whole"):
        run(tmp_path / "run", videos, "components.inverter=optimize")
