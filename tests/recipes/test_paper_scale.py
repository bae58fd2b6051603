"""The recipes at paper scale: they are valid, and each step of them runs when made slim."""

from __future__ import annotations

import importlib.resources
import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console
from styletalker.core.recipe.model import Recipe
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.artifacts import latest_artifact
from styletalker.core.run.metrics import read_metrics
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe

REGISTRY = Registry.installed()
SAMPLE = importlib.resources.files("styletalker.plugins.shards").joinpath("sample")
"""Four clips of 13 frames at 32 px, as shards."""
TRAINED = ("inverter", "generator", "sync", "talker", "prior")
SYNC = {
    "sync-contrastive": ["channels=4", "embedding_dim=16", "size=32"],
    "sync-syncnet": ["divisor=32", "embedding_dim=16"],
    "sync-wav2lip_expert": ["divisor=16"],
}
SLIM = [
    "generator.resolution=32",
    "generator.channel_base=256",
    "generator.channel_max=16",
    "generator.w_dim=16",
    "generator.z_dim=16",
    "generator.mapping_layers=2",
    "inverter.width=4",
    "inverter.blocks=[1, 1, 1, 1]",
    "inverter.pixels=32",
    "audio_encoder.channels=16",
    "audio_encoder.audio_dim=8",
    "audio_encoder.layers=2",
    "sync_discriminator.channels=4",
    "sync_discriminator.embedding_dim=16",
    "sync_discriminator.size=32",
    "motion_vae.motion_dim=4",
    "motion_vae.channels=16",
    "motion_vae.image_channels=4",
    "motion_vae.size=32",
    "motion_vae.rank=8",
    "prior.channels=16",
    "prior.couplings=2",
    "prior.coupling_channels=8",
]


def training(stage: str, devices: int = 1) -> list[str]:
    """Two steps on the CPU."""
    options = f"steps=2 batch=2 record_every=1 precision=32-true accelerator=cpu devices={devices}"
    return [f"pipeline.{stage}.training.{one}" for one in (*options.split(), "threads=1")]


def slim_sync(name: str) -> list[str]:
    own = [f"components.sync_discriminator.{option}" for option in SYNC[name]]
    shards = ["corpus.type=shards", f"corpus.folder={SAMPLE}"]
    small = ["pipeline.sync.frames=12", "pipeline.corpus.workers=1"]
    return [*own, *shards, *small, *training("sync")]


def run(recipe: Recipe, folder: Path) -> None:
    reporter = Reporter(Console(file=io.StringIO()))
    report = run_recipe(recipe, REGISTRY, folder, reporter=reporter)
    assert {stage.outcome for stage in report.stages} == {"done"}


@pytest.mark.parametrize("name", ["styletalker-256", *SYNC])
def test_they_are_valid(name: str) -> None:
    recipe = read_recipe(name, REGISTRY)
    assert recipe.name == name
    assert not recipe.notes
    assert recipe.pipeline[0].name == "corpus"


def test_at_paper_scale() -> None:
    """What the header of styletalker-256 says of sizes, precision and devices."""
    recipe = read_recipe("styletalker-256", REGISTRY)
    generator = recipe.components["generator"].config
    assert (generator.resolution, generator.w_dim) == (256, 512)  # type: ignore[attr-defined]
    stages = {entry.name: entry.chosen.config for entry in recipe.pipeline}
    for name in TRAINED:
        config = stages[name].training  # type: ignore[attr-defined]
        assert (config.devices, config.strategy, config.accelerator) == (4, "ddp", "cuda")
        assert config.precision == ("32-true" if name == "prior" else "bf16-mixed")


@pytest.mark.parametrize("name", SYNC)
def test_two_steps_of_a_sync_discriminator(name: str, tmp_path: Path) -> None:
    run(read_recipe(name, REGISTRY, slim_sync(name)), tmp_path / "run")
    assert latest_artifact(tmp_path / "run", "sync_discriminator").is_file()
    lines = [one for one in read_metrics(tmp_path / "run" / "metrics.jsonl") if "sync" in one]
    assert [one["step"] for one in lines] == [1, 2]
    assert all(math.isfinite(one["sync"]) and one["sync"] > 0 for one in lines)
    last = read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]
    assert 0 <= last["unseen_in_time"] <= 1


def test_two_steps_of_everything(tmp_path: Path) -> None:
    options = [f"components.{one}" for one in SLIM]
    options += [f"corpus.folder={SAMPLE}", "pipeline.corpus.workers=1"]
    for stage in TRAINED:  # two processes map the codes that the first has computed
        options += training(stage, devices=2 if stage == "talker" else 1)
    options += ["pipeline.sync.frames=8", "pipeline.talker.frames=8", "pipeline.prior.frames=10"]
    options += ["pipeline.talker.losses.pictures_every=1", "pipeline.generate.device=cpu"]
    options += ["pipeline.talker.training.batch=4", "pipeline.generate.seeds=[0]"]
    options += ["pipeline.evaluate.metrics=[psnr, ssim]", "pipeline.evaluate.workers=1"]
    options += ["pipeline.evaluate.controls=false", "pipeline.evaluate.reconstructions=0"]
    run(read_recipe("styletalker-256", REGISTRY, options), tmp_path / "run")
    lines = read_metrics(tmp_path / "run" / "metrics.jsonl")
    for stage in TRAINED:
        assert max(one["step"] for one in lines if one["stage"] == stage) == 2, stage
    (talker,) = [one for one in lines if one["stage"] == "talker" and one["step"] == 2][:1]
    assert {"codes", "change", "kl", "pictures", "sync", "swap"} <= set(talker)
    report = latest_artifact(tmp_path / "run", "report")
    methods = json.loads((report / "summary.json").read_text())["methods"]
    assert "audio-driven" in methods  # one clip: there is no other whose motion to follow
    assert math.isfinite(methods["audio-driven"]["psnr"]["value"])
