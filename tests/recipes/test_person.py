"""Fine-tuning on one person: who and when, what is filled, what is kept, and the recipe."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from rich.console import Console
from styletalker.core.clip import Clip
from styletalker.core.errors import ConfigError, InputError
from styletalker.core.media.video import write_video
from styletalker.core.pretrained import load_talker_components
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.artifacts import latest_artifact
from styletalker.core.run.metrics import read_metrics
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe
from styletalker.plugins.mesh.codes import CODES
from styletalker.plugins.mesh.parametric import ParameterCodes
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.recipes.objectives.blending import best_blend
from styletalker.recipes.objectives.manner_check import manner_of
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.person import PersonCorpus, TrackedCorpus, divided
from support.noise import Noise


class Two(Noise):
    """Clips of two people."""

    def clip(self, split: str, index: int) -> Clip:
        return attrs.evolve(super().clip(split, index), identity="ab"[index % 2])


class One(Noise):
    """Clips of one person."""

    def clip(self, split: str, index: int) -> Clip:
        return attrs.evolve(super().clip(split, index), identity="a")


class Counting:
    """An inverter that reads frame numbers into the yaw, and nothing else."""

    def follow(self, frames: Iterable[NDArray[np.uint8]]) -> torch.Tensor:
        found = torch.zeros(sum(1 for _ in frames), 1, len(CODES))
        found[:, 0, CODES.index("yaw")] = torch.arange(len(found)) * 0.01
        found[:, 0, CODES.index("jaw")] = torch.arange(len(found)) * 0.01
        return found


class Constant:
    """A talker that says the same code of every sound."""

    def codes(self, waveform: NDArray[np.float32], rest: Any, seed: int) -> NDArray[np.float32]:
        return np.full((len(waveform) // 640, 1, len(CODES)), 0.5, np.float32)


def person(corpus: Any, identity: str = "") -> PersonCorpus:
    return PersonCorpus.of(corpus, identity, test_share=0.3, val_share=0.15)


def test_clips_are_divided_by_time() -> None:
    assert divided([10] * 10, 0.3, 0.2, "a") == (range(5), range(5, 7), range(7, 10))
    assert divided([10, 10, 10], 0.01, 0.01, "a") == (range(1), range(1, 2), range(2, 3))
    assert divided([90, 5, 5], 0.3, 0.1, "a") == (range(1), range(1, 2), range(2, 3))
    assert divided([5, 5, 90], 0.3, 0.1, "a") == (range(1), range(1, 2), range(2, 3))
    with pytest.raises(InputError, match="'a' has too few clips to hold some out; expected at l"):
        divided([10, 10], 0.3, 0.1, "a")


def test_a_persons_clips_are_found_in_all_splits() -> None:
    found = person(One(None))
    assert [found.count(split) for split in found.splits] == [3, 1, 3]
    names = [found.clip(split, k).name for split in found.splits for k in range(found.count(split))]
    assert names == [*(f"train-{k}" for k in range(5)), "test-0", "test-1"]
    assert [person(Two(None), "a").count(split) for split in found.splits] == [2, 1, 1]
    with pytest.raises(InputError, match=r"the corpus shows several people: a, b. Say whom"):
        person(Two(None))
    with pytest.raises(InputError, match="nobody of this name is in the corpus: 'c'"):
        person(Two(None), "c")


def test_what_is_not_read_is_what_the_talker_says(tmp_path: Path) -> None:
    codes = ParameterCodes()
    tracked = TrackedCorpus(
        person(One(None)),
        Counting(),
        codes,
        Constant(),  # type: ignore[arg-type]
        filled=codes.channels_of(["jaw"]),
        steady=0.0,
        seed=0,
    )
    cache = PerformanceCache.build(tmp_path / "train", tracked, "train")
    assert cache.lengths == (4, 4, 4)
    names = cache.parameter_names
    second = cache.parameters(1)
    assert np.allclose(second[:, names.index("yaw")], [0.4, 0.5, 0.6, 0.7])  # degrees
    assert np.allclose(second[:, names.index("jaw")], 0.5)
    assert np.allclose(second[:, names.index("gaze_x")], 5.0)
    back = codes.codes_of(second, names)[:, 0]
    assert np.allclose(back[:, CODES.index("blink_l")], 0.5)


def test_as_much_is_kept_as_helps() -> None:
    before, after = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    for module, value in ((before, 0.0), (after, 4.0)):
        module.weight.data.fill_(value)

    def away_from(wanted: float, share: float, kept: float) -> None:
        found = best_blend(
            {"net": before}, {"net": after}, lambda some: abs(float(some["net"].weight) - wanted)
        )
        assert found.share == share
        assert float(found.modules["net"].weight) == kept  # type: ignore[arg-type]

    away_from(1.1, 0.25, 1.0)
    away_from(9.0, 1.0, 4.0)
    away_from(-1.0, 0.0, 0.0)
    assert (float(before.weight), float(after.weight)) == (0.0, 4.0)
    nan = best_blend({"net": before}, {"net": after}, lambda some: float("nan"))
    assert nan.share == 0.0
    assert nan.said("the error").startswith("nothing of what was learnt helps on clips held back")


def test_manner() -> None:
    still = np.zeros((250, 1, len(CODES)), np.float32)
    moving = still.copy()
    moving[:, 0, CODES.index("yaw")] = np.sin(np.arange(250) / 5)
    moving[::50, 0, CODES.index("blink_l")] = 1.0  # from the first frame on: four begin later
    figures = np.exp(manner_of([moving], ParameterCodes(), 25))
    assert figures[0] == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert figures[6] == pytest.approx(2 / np.pi / 5 * 25, rel=0.02)
    assert figures[-1] == pytest.approx(4 * 6)
    twice = np.exp(manner_of([2 * moving], ParameterCodes(), 25))
    assert twice[0] == pytest.approx(2 * figures[0])
    assert np.exp(manner_of([still], ParameterCodes(), 25))[-1] == 3.0


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
