"""recipes/styletalker-warp-tiny.yaml: every stage after the other, once, and what is left of it."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console
from styletalker.core.media.video import read_frames
from styletalker.core.pretrained import load_talker_components
from styletalker.core.recipe.locate import packaged_recipes
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.artifacts import latest_artifact
from styletalker.core.run.metrics import read_metrics
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import RunReport, run_recipe
from styletalker.core.talker_folder import TALKER_ROLES

RECIPE = "styletalker-warp-tiny"
STAGES = ["corpus", "generator", "sync", "talker", "prior", "bundle", "generate", "evaluate"]
TRAINED = ("generator", "sync", "talker", "prior")
ARTIFACTS = {
    "frames",
    "generator",
    "inverter",
    "sheet",
    "sync_discriminator",
    "audio_encoder",
    "motion_vae",
    "prior",
    "talker",
    "videos",
    "report",
}
ABLATIONS = sorted(name for name in packaged_recipes() if name.startswith("ablations/"))


@attrs.frozen
class Ran:
    folder: Path
    first: RunReport
    again: RunReport


def run(folder: Path) -> RunReport:
    reporter = Reporter(Console(file=io.StringIO()))
    registry = Registry.installed()
    options = ["pipeline.corpus.workers=1", "pipeline.evaluate.workers=1"]
    options += [f"pipeline.{stage}.training.threads=1" for stage in TRAINED]
    options += [f"pipeline.{stage}.training.accelerator=cpu" for stage in TRAINED]
    options += ["pipeline.generate.device=cpu"]
    recipe = read_recipe(RECIPE, registry, options)
    return run_recipe(recipe, registry, folder, reporter=reporter)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("runs") / RECIPE
    return Ran(folder, run(folder), run(folder))


def numbers(value: Any) -> Iterator[float]:
    """Every number in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def test_every_stage_runs_and_leaves_its_artifacts(ran: Ran) -> None:
    assert [stage.name for stage in ran.first.stages] == STAGES
    assert {stage.outcome for stage in ran.first.stages} == {"done"}
    found = {name: Path(path) for stage in ran.first.stages for name, path in stage.outputs.items()}
    assert set(found) == ARTIFACTS
    for name, path in found.items():
        assert path.exists(), name
        assert latest_artifact(ran.folder, name) == path
        if path.suffix == ".safetensors":
            assert json.loads(path.with_suffix(".json").read_text())["step"] > 0
    for split in ("train", "val", "test"):
        assert (found["frames"] / split / "cache.json").is_file()


def test_a_second_run_skips_everything(ran: Ran) -> None:
    assert [(stage.name, stage.outcome) for stage in ran.again.stages] == [
        (name, "skipped") for name in STAGES
    ]


def test_what_is_recorded(ran: Ran) -> None:
    lines = read_metrics(ran.folder / "metrics.jsonl")
    assert {line["stage"] for line in lines} == set(STAGES)
    assert all(math.isfinite(number) for line in lines for number in numbers(line))
    seen = {
        stage: {key for line in lines if line["stage"] == stage for key in line} for stage in STAGES
    }
    assert {"pixels", "flow", "hints", "landmarks", "unseen_psnr_moved"} <= seen["generator"]
    assert {"sync", "unseen_in_time"} <= seen["sync"]
    assert {"codes", "change", "kl", "nats"} <= seen["talker"]
    assert "nats" in seen["prior"]
    assert {"clips", "seconds"} <= seen["corpus"]
    for stage in TRAINED:
        assert max(line["step"] for line in lines if line["stage"] == stage) == 6


def test_the_videos_and_their_list(ran: Ran) -> None:
    folder = latest_artifact(ran.folder, "videos")
    about = json.loads((folder / "videos.json").read_text())
    assert (about["split"], about["fps"], about["resolution"]) == ("test", 25, 64)
    kinds = [(one["index"], one["kind"]) for one in about["videos"]]
    assert sorted(kinds) == [(k, kind) for k in range(2) for kind in ("audio", "motion", "truth")]
    for one in about["videos"]:
        assert one["frames"] == 25
        assert read_frames(folder / one["path"]).shape == (25, 64, 64, 3)
        source = one["motion_source"]
        wanted = {"audio": None, "truth": one["index"], "motion": 1 - one["index"]}[one["kind"]]
        assert source == (None if wanted is None else {"split": "test", "index": wanted})
        assert one["seed"] == (0 if one["kind"] == "audio" else None)


def test_the_report_has_numbers(ran: Ran) -> None:
    folder = latest_artifact(ran.folder, "report")
    assert (folder / "index.html").is_file()
    summary = json.loads((folder / "summary.json").read_text())
    assert {"audio-driven", "motion-controlled"} <= set(summary["methods"])
    for method in ("audio-driven", "motion-controlled"):
        for metric in ("psnr", "ssim"):
            value = summary["methods"][method][metric]["value"]
            assert math.isfinite(value)
            assert 0 < value < 100
    assert all(math.isfinite(number) for number in numbers(summary["methods"]))


def test_the_run_is_a_talker(ran: Ran) -> None:
    talker = load_talker_components(ran.folder, Registry.installed())
    for role in TALKER_ROLES:
        network = talker.get(role)  # type: ignore[call-overload]
        assert all(one.isfinite().all() for one in network.parameters()), role
    assert talker.get("generator").resolution == 64
    folder = latest_artifact(ran.folder, "talker")
    assert {path.name for path in folder.glob("*.safetensors")} == {
        f"{role}.safetensors" for role in TALKER_ROLES
    }


def test_ablations_are_packaged() -> None:
    """Whether their weights are there or not."""
    wanted = ("no-flow", "no-mouth-hiding", "no-swap", "no-sync")
    assert set(ABLATIONS) >= {f"ablations/{name}" for name in wanted}


@pytest.mark.parametrize("name", ["styletalker", "styletalker-warp", *ABLATIONS])
def test_ablations_are_valid(name: str) -> None:
    registry = Registry.installed()
    recipe = read_recipe(name, registry)
    assert recipe.name == Path(name).name
    assert [entry.name for entry in recipe.pipeline][-3:] == ["bundle", "generate", "evaluate"]
