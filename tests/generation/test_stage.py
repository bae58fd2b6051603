"""The stage ``generate``: which videos it writes, of whom, and how it goes on after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from styletalker.core.discovery import Discovery
from styletalker.core.errors import ConfigError
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.video import read_frames
from styletalker.core.recipe.read import read_recipe
from styletalker.core.registry import Registry
from styletalker.core.run.progress import Reporter
from styletalker.core.run.runner import run_recipe
from styletalker.core.training.draws import seed_of
from styletalker.plugins import shards
from styletalker.plugins.shards.config import ShardsConfig
from styletalker.plugins.shards.corpus import Shards
from styletalker.recipes.stages.config import GenerateStageConfig
from support.talker import chosen, save_tiny_talker, talker_registry

RECIPE = """
corpus: {{type: shards, folder: {folder}}}
components:
{components}
pipeline:
{stages}
"""


@pytest.fixture(scope="module")
def registry() -> Registry:
    brought = Registry.of(*shards.styletalker_components()).discovery
    own = talker_registry().discovery
    return Registry(Discovery(plugins=own.plugins, offers=(*own.offers, *brought.offers)))


def write_recipe(folder: Path, stages: str, talker: Path) -> Path:
    components = "\n".join(
        f"  {role}: {{type: {part.type}, weights: {talker / role}.safetensors}}"
        for role, part in chosen().items()
    )
    path = folder / "r.yaml"
    path.write_text(RECIPE.format(folder=shards.SAMPLE, components=components, stages=stages))
    return path


def run(path: Path, registry: Registry, folder: Path, *overrides: str, **options: bool) -> None:
    recipe = read_recipe(str(path), registry, overrides)
    silent = Reporter(Console(quiet=True))
    run_recipe(recipe, registry, folder, reporter=silent, **options)  # type: ignore[arg-type]


def test_videos_and_manifest(tmp_path: Path, registry: Registry) -> None:
    """Two clips, two seeds, motion of the other clip, the truth; the same from cached frames."""
    talker = save_tiny_talker(tmp_path / "tiny")
    stage = (
        "  - {type: generate, split: train, clips: 9, seeds: [0, 7], motion: next, device: cpu, "
        "quality: lossless}"
    )
    run(write_recipe(tmp_path, stage, talker), registry, tmp_path / "run")
    folder = tmp_path / "run/stages/generate"
    manifest = json.loads((folder / "videos" / "videos.json").read_text())
    count = len(manifest["videos"]) // 4
    assert count >= 2
    assert (manifest["split"], manifest["fps"], manifest["resolution"]) == ("train", 25, 32)
    first = manifest["videos"][:4]
    assert [line["kind"] for line in first] == ["audio", "audio", "motion", "truth"]
    assert [line["seed"] for line in first] == [0, 7, None, None]
    noise = [line["noise_seed"] for line in manifest["videos"]]
    assert noise[0] == seed_of(0, first[3]["name"])
    assert noise[3::4] == [None] * count, "the truth has no noise"
    assert len(set(noise[0::4]) | set(noise[1::4])) == 2 * count, "each clip has its own"
    name, index = first[3]["name"], first[0]["index"]
    assert [line["name"] for line in first[:2]] == [f"{name}.seed0", f"{name}.seed7"]
    assert [line["motion_source"] for line in first] == [
        None,
        None,
        {"split": "train", "index": index + 1},
        {"split": "train", "index": index},
    ]
    assert manifest["videos"][-2]["motion_source"]["index"] == index  # the last follows the first
    assert {line["audio_source"]["index"] for line in first} == {index}
    assert [line["path"] for line in first] == [
        f"{name}.{kind}.mp4" for kind in ("seed0", "seed7", "motion", "truth")
    ]
    pictures = [read_frames(folder / "videos" / line["path"]) for line in first]
    assert {len(one) for one in pictures} == {first[0]["frames"]}
    assert (
        AudioFile.open(folder / "videos" / first[0]["path"]).read(sample_rate=16000).std() > 0.001
    )
    clip = Shards(ShardsConfig(folder=shards.SAMPLE)).clip("train", 0)
    assert np.array_equal(pictures[3], clip.frames)
    assert all(not np.array_equal(pictures[0], one) for one in pictures[1:])
    cached = "  - {type: corpus, workers: 1}\n" + stage
    run(write_recipe(tmp_path, cached, talker), registry, tmp_path / "again")
    for line, before in zip(first, pictures, strict=True):
        after = read_frames(tmp_path / "again/stages/generate/videos" / line["path"])
        assert np.array_equal(after, before)


def test_a_corpus_of_other_rates_and_a_wrong_split(tmp_path: Path, registry: Registry) -> None:
    talker = save_tiny_talker(tmp_path / "tiny")
    path = write_recipe(tmp_path, "  - {type: generate, split: tets, clips: 1}", talker)
    with pytest.raises(Exception, match="no such split: 'tets'; did you mean 'test'"):
        run(path, registry, tmp_path / "run")


def test_finished_videos_are_kept(tmp_path: Path, registry: Registry) -> None:
    """A killed attempt goes on after its last video."""
    talker = save_tiny_talker(tmp_path / "tiny")
    path = write_recipe(tmp_path, "  - {type: generate, split: val, clips: 1}", talker)
    run(path, registry, tmp_path / "run")
    folder = tmp_path / "run/stages/generate"
    state = json.loads((folder / "stage.json").read_text())
    lines = json.loads((folder / "videos" / "videos.json").read_text())["videos"]
    kept, lost = (folder / "videos" / line["path"] for line in lines)
    (folder / "stage.json").write_text(json.dumps({**state, "status": "running"}))
    run_state = json.loads((tmp_path / "run/run.json").read_text())
    (tmp_path / "run/run.json").write_text(json.dumps({**run_state, "status": "running"}))
    (folder / "videos" / "videos.json").unlink()
    lost.unlink()
    stamp = kept.stat().st_mtime_ns
    run(path, registry, tmp_path / "run", resume=True)
    assert kept.stat().st_mtime_ns == stamp
    assert lost.exists()
    assert json.loads((folder / "videos" / "videos.json").read_text())["videos"] == lines


def test_seeds_are_checked() -> None:
    for seeds in ((0, 0), (-1,)):
        with pytest.raises(ValueError, match="different whole numbers"):
            GenerateStageConfig(seeds=seeds)
    assert GenerateStageConfig(seeds=()).seeds == ()
    assert issubclass(ConfigError, Exception)
