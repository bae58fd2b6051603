"""recipes/styletalker-tiny.yaml: a talker from performances, its videos and their report."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pytest
from rich.console import Console
from styletalker.core.errors import ConfigError
from styletalker.core.media.video import read_frames
from styletalker.core.pretrained import load_talker_components
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.artifacts import latest_artifact
from styletalker.core.run.metrics import read_metrics
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe

RECIPE = "styletalker-tiny"
STAGES = ["performances", "performer", "performer_prior", "bundle", "generate", "evaluate"]
TRAINED = ("performer", "performer_prior")


def run(folder: Path, *overrides: str) -> list[str]:
    """The names of the stages that ran."""
    registry = Registry.installed()
    options = ["pipeline.evaluate.workers=1", "pipeline.generate.device=cpu", *overrides]
    options += [f"pipeline.{stage}.training.threads=1" for stage in TRAINED]
    options += [f"pipeline.{stage}.training.accelerator=cpu" for stage in TRAINED]
    recipe = read_recipe(RECIPE, registry, options)
    reporter = Reporter(Console(file=io.StringIO()))
    report = run_recipe(recipe, registry, folder, reporter=reporter)
    return [stage.name for stage in report.stages if stage.outcome == "done"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / RECIPE
    assert run(folder) == STAGES
    return folder


def test_a_second_run_skips_everything(ran: Path) -> None:
    assert run(ran) == []


def test_what_is_recorded(ran: Path) -> None:
    lines = read_metrics(ran / "metrics.jsonl")
    seen = {stage: [line for line in lines if line["stage"] == stage] for stage in STAGES}
    assert seen["performances"][0]["clips"] == 10
    assert seen["performances"][0]["seconds"] == 10
    losses = seen["performer"][0]
    assert {"lips", "rest", "change", "kl", "nats", "lips_error"} <= set(losses)
    assert all(math.isfinite(losses[name]) for name in ("lips", "rest", "change", "nats"))
    assert -1 <= seen["performer"][-1]["unseen_lip_correlation"] <= 1
    assert max(line["step"] for line in seen["performer_prior"]) == 6


def test_the_videos_and_the_report(ran: Path) -> None:
    folder = latest_artifact(ran, "videos")
    about = json.loads((folder / "videos.json").read_text())
    kinds = [(one["index"], one["kind"]) for one in about["videos"]]
    assert sorted(kinds) == [(k, kind) for k in range(2) for kind in ("audio", "motion", "truth")]
    for one in about["videos"]:
        assert read_frames(folder / one["path"]).shape == (25, 96, 96, 3)
    summary = json.loads((latest_artifact(ran, "report") / "summary.json").read_text())
    for method in ("audio-driven", "motion-controlled"):
        assert 15 < summary["methods"][method]["psnr"]["value"] < 60


def test_the_talker_is_kept_with_its_renderer(ran: Path) -> None:
    talker = load_talker_components(ran, Registry.installed())
    assert talker.get("generator").resolution == 96
    assert talker.get("motion_vae").motion_dim == 4


def test_a_generator_without_parameters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="codes of generator portrait_warp are not animation"):
        run(tmp_path / "run", "components.generator={type: portrait_warp, resolution: 64}",
            "components.inverter={type: portrait_warp}")  # fmt: skip
