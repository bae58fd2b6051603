"""The harness: numbers, failures with reasons, memory of what was measured, controls."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from styletalker.core.checkpoint import save_component
from styletalker.core.clip import Clip
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.interfaces.metric import Metric
from styletalker.core.registry import Registry
from styletalker.core.training.frames import FrameCache
from styletalker.evaluation.harness.folders import from_folders, from_manifest
from styletalker.evaluation.harness.method import Method, Sample, shuffled, truth_of
from styletalker.evaluation.harness.run import measure_all
from styletalker.evaluation.harness.source import (
    CachedSource,
    ClipSource,
    CorpusSource,
    DubbedSource,
    MissingSource,
    VideoSource,
    cut,
    digest_of_clip,
    has_sound,
)
from styletalker.evaluation.harness.store import Store
from styletalker.evaluation.harness.summary import summarise, write_results
from styletalker.evaluation.harness.sync_metrics import SyncScorer, load_scorer, sync_tools
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.observe import remember_in
from support.clock import Clock, told
from support.evaluation import DeadlySource, degraded, method, moving_clip, tools, write_clip
from support.faces import puppet_clip
from support.noise import Noise

TRUTHS = [moving_clip(k) for k in range(4)]


class Counting(Metric):
    """Counts how often it is asked; refuses clips named ``bad``, breaks on clips named ``bug``."""

    title, unit, direction, uses_reference = "count", "1", "higher", False
    asked: list[str] = []  # noqa: RUF012

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        self.asked.append(generated.name)
        if generated.name == "bad":
            raise InputError("there is nothing to count")
        if generated.name == "bug":
            raise ZeroDivisionError("oh")
        return {"value": float(generated.frames.mean()), "curve": np.arange(3.0)}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        return float(np.mean([one["value"] for one in measurements]))


@pytest.fixture(autouse=True)
def forgetful() -> Any:
    Counting.asked.clear()
    yield
    remember_in(None)


def counting() -> Tool:
    return Tool(name="count", metric=Counting(None), identity="count 1")


def evaluated(folder: Path, methods: list[Method], chosen: list[Tool], **options: Any) -> Any:
    outcomes = measure_all(methods, chosen, folder, workers=1, **options)
    return summarise(methods, chosen, outcomes, resamples=200)["methods"]


def test_a_degraded_video_ranks_below_the_truth_itself(tmp_path: Path) -> None:
    methods = [
        method("same", TRUTHS, TRUTHS),
        method("slight", [degraded(one, 3) for one in TRUTHS], TRUTHS),
        method("strong", [degraded(one, 25) for one in TRUTHS], TRUTHS),
    ]
    found = evaluated(tmp_path, methods, tools("psnr", "ssim"))
    psnr = [found[name]["psnr"]["value"] for name in ("same", "slight", "strong")]
    assert psnr[0] == 100  # a frame without any difference counts 100 dB, not infinity
    assert psnr[1] == pytest.approx(20 * np.log10(255 / 3), abs=0.5)
    assert psnr[2] == pytest.approx(20 * np.log10(255 / 25), abs=0.7)
    assert found["same"]["ssim"]["value"] == pytest.approx(1)
    assert found["slight"]["ssim"]["value"] > found["strong"]["ssim"]["value"]
    low, high = found["slight"]["psnr"]["interval"]
    assert low <= psnr[1] <= high
    assert (found["slight"]["psnr"]["clips"], found["slight"]["psnr"]["failures"]) == (4, [])


def test_a_face_compared_with_itself(tmp_path: Path) -> None:
    clip = puppet_clip(frames=20)
    other = attrs.evolve(puppet_clip(1, frames=20), name=clip.name)
    methods = [method("same", [clip], [clip]), method("other", [other], [clip])]
    chosen = tools("csim_dlib_truth", "lmd", "lmd_mouth", "face_found_rate")
    found = evaluated(tmp_path, methods, chosen)
    assert found["same"]["csim_dlib_truth"]["value"] == pytest.approx(1)
    assert found["same"]["lmd"]["value"] == found["same"]["lmd_mouth"]["value"] == 0
    assert found["same"]["face_found_rate"]["value"] == 1
    assert found["other"]["csim_dlib_truth"]["value"] < 0.97
    assert found["other"]["lmd"]["value"] > 0.03
    assert found["same"]["lmd"]["interval"] is None  # one clip says nothing about others


def test_what_cannot_be_measured_is_counted_with_its_reason(tmp_path: Path) -> None:
    clips = [TRUTHS[0], *(attrs.evolve(TRUTHS[1], name=name) for name in ("bad", "bug"))]
    missing = Sample(name="gone", generated=MissingSource("there is no video 'gone'"))
    one = method("ours", clips)
    one = attrs.evolve(one, samples=(*one.samples, missing))
    entry = evaluated(tmp_path, [one], [counting()])["ours"]["count"]
    assert entry["clips"] == 1
    assert entry["value"] == pytest.approx(TRUTHS[0].frames.mean())
    assert entry["failures"] == [
        {"clip": "bad", "reason": "there is nothing to count"},
        {"clip": "bug", "reason": "the metric failed: ZeroDivisionError: oh"},
        {"clip": "gone", "reason": "there is no video 'gone'"},
    ]


def test_no_reference_is_a_reason_and_not_a_zero(tmp_path: Path) -> None:
    entry = evaluated(tmp_path, [method("ours", TRUTHS)], tools("psnr"))["ours"]["psnr"]
    assert entry["value"] is None
    assert entry["interval"] is None
    assert entry["reason"] == "PSNR needs the ground-truth clip"
    assert len(entry["failures"]) == 4


def test_lengths_may_differ_by_as_much_as_is_said(tmp_path: Path) -> None:
    short = [cut(one, 6) for one in TRUTHS]
    strict = evaluated(tmp_path, [method("ours", short, TRUTHS)], tools("psnr"))
    assert "has another length than" in strict["ours"]["psnr"]["reason"]
    kind = evaluated(tmp_path, [method("ours", short, TRUTHS)], tools("psnr"), tolerance_frames=2)
    assert kind["ours"]["psnr"]["value"] == 100


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    first = evaluated(tmp_path, [method("ours", TRUTHS)], [counting()])
    assert Counting.asked == [f"clip{k}" for k in range(4)]
    assert evaluated(tmp_path, [method("ours", TRUTHS)], [counting()]) == first
    assert len(Counting.asked) == 4
    changed = [degraded(TRUTHS[0], 5), *TRUTHS[1:]]
    evaluated(tmp_path, [method("ours", changed)], [counting()])
    assert Counting.asked[4:] == ["clip0"]
    newer = attrs.evolve(counting(), identity="count 2")
    evaluated(tmp_path, [method("ours", TRUTHS)], [newer])
    assert len(Counting.asked) == 9


def test_a_store_gives_back_numbers_and_arrays_and_survives_damage(tmp_path: Path) -> None:
    store, key = Store(tmp_path), Store.key("a", None)
    assert store.get(key) is None
    values = {"n": np.int64(3), "nan": float("nan"), "text": "x", "curve": np.eye(2)}
    store.put(key, values)
    back = store.get(key)
    assert back is not None
    assert (back["n"], back["text"]) == (3, "x")
    assert np.isnan(back["nan"])
    assert np.array_equal(back["curve"], np.eye(2))
    file = next(tmp_path.rglob("*.npz"))
    file.write_bytes(file.read_bytes()[:50])
    assert store.get(key) is None
    assert Store.key("a", "b") != Store.key("ab", None)


def test_faces_that_were_seen_are_not_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = attrs.evolve(puppet_clip(frames=4))
    chosen = tools("face_found_rate", "csim_dlib")
    first = evaluated(tmp_path, [method("ours", [clip], [clip])], chosen)

    def blind() -> None:
        raise AssertionError("looked again")

    monkeypatch.setattr("styletalker.evaluation.observe._analyser", blind)
    for path in tmp_path.rglob("*.npz"):  # forget what was measured, keep what was seen
        with np.load(path) as kept:
            if not {"landmarks", "vectors"} & set(kept.files):
                path.unlink()
    copy = attrs.evolve(clip)
    assert evaluated(tmp_path, [method("ours", [copy], [copy])], chosen) == first


def test_several_processes_find_the_same(tmp_path: Path) -> None:
    methods = [method("ours", [degraded(one, 9) for one in TRUTHS[:2]], TRUTHS[:2])]
    chosen = tools("psnr")
    done: list[int] = []
    alone = measure_all(methods, chosen, tmp_path / "a", workers=1, progress=done.append)
    assert done == [1, 1]
    assert measure_all(methods, chosen, tmp_path / "b", workers=2) == alone


def test_what_kills_a_process_costs_its_clip_alone(tmp_path: Path) -> None:
    deadly = Sample(name="deadly", generated=DeadlySource())
    ours = method("ours", TRUTHS[:2], TRUTHS[:2])
    ours = attrs.evolve(ours, samples=(deadly, *ours.samples))
    done: list[int] = []
    found = measure_all([ours], tools("psnr"), tmp_path, workers=2, progress=done.append)
    assert [(one.clip, one.measurement is not None) for one in found] == [
        ("deadly", False), ("clip0", True), ("clip1", True),
    ]  # fmt: skip
    assert found[0].reason.startswith("the worker process was killed, perhaps for lack of memory")
    assert done == [1, 1, 1]


def test_a_killed_evaluation_goes_on(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from support.evaluation import moving_clip, method, tools\n"
        "from styletalker.evaluation.harness.run import measure_all\n"
        "clips = [moving_clip(k, frames=40, side=128) for k in range(60)]\n"
        "measure_all([method('a', clips, clips)], tools('ssim'), Path(sys.argv[1]), workers=1)\n"
    )
    tests = str(Path(__file__).parent.parent)
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "s"), tests])
    deadline = time.monotonic() + 60
    while len(list((tmp_path / "s").rglob("[!.]*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "s").rglob("[!.]*.npz")}
    assert 2 <= len(kept) < 60
    clips = [moving_clip(k, frames=40, side=128) for k in range(4)]
    found = evaluated(tmp_path / "s", [method("a", clips, clips)], tools("ssim"))
    assert found["a"]["ssim"]["clips"] == 4
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_the_results_on_disk(tmp_path: Path) -> None:
    bad = attrs.evolve(TRUTHS[1], name="bad")
    methods = [method("ours", [TRUTHS[0], bad]), method("theirs", [], kind="floor")]
    outcomes = measure_all(methods, [counting()], tmp_path / "store", workers=1)
    summary = summarise(methods, [counting()], outcomes, resamples=100)
    write_results(tmp_path, summary, methods, [counting()], outcomes)
    back = json.loads((tmp_path / "summary.json").read_text())
    assert back == summary
    assert (back["protocol"]["name"], back["protocol"]["version"]) == ("styletalker-evaluation", 1)
    assert back["version"] == "0.1.0"
    assert all(len(digest) == 64 for digest in back["weights"].values())
    assert "shape_predictor_68_face_landmarks.dat" in back["weights"]
    assert back["methods"]["theirs"]["count"]["value"] is None
    assert "there is no clip" in back["methods"]["theirs"]["count"]["reason"]
    with (tmp_path / "clips.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["clip"], row["reason"]) for row in rows] == [
        ("clip0", ""),
        ("bad", "there is nothing to count"),
    ]
    assert float(rows[0]["value"]) == TRUTHS[0].frames.mean()
    assert rows[1]["value"] == ""
    assert rows[0]["facts"] == ""


def test_the_controls(tmp_path: Path) -> None:
    ours = method("ours", [degraded(one, 9) for one in TRUTHS], TRUTHS)
    floor, truth = shuffled(ours), truth_of([ours])
    assert [one.name for one in truth.samples] == [one.name for one in TRUTHS]
    assert all(one.generated is one.reference for one in truth.samples)
    for place, sample in enumerate(floor.samples):
        dubbed, other = sample.generated.load(), TRUTHS[(place + 1) % 4]
        assert np.array_equal(dubbed.waveform, other.waveform)
        assert np.array_equal(dubbed.frames, ours.samples[place].generated.load().frames)
        assert sample.reference is not None
        assert sample.reference.load() is other
    assert shuffled(method("alone", TRUTHS[:1], TRUTHS[:1])).samples == ()
    found = evaluated(tmp_path, [floor], [*tools("psnr"), counting()])
    reason = "not asked: with another clip's sound only metrics of the sound mean something"
    assert found["ours, shuffled sound"]["psnr"]["reason"] == reason


def test_sync_is_scored_by_a_given_network(tmp_path: Path) -> None:
    registry = Registry.installed()
    path = tmp_path / "scorer.safetensors"
    torch.manual_seed(0)
    from styletalker.plugins.contrastive_sync.config import ContrastiveConfig

    target = registry.load("sync_discriminator", "contrastive")
    options: dict[str, Any] = dict(
        registry.get("sync_discriminator", "contrastive").component.smoke
    )
    network = target(ContrastiveConfig(**options))
    save_component(
        path, network, role="sync_discriminator", type="contrastive", options=options, step=0
    )
    chosen = sync_tools(load_scorer(path, registry))
    clips = [moving_clip(k, frames=40) for k in range(2)]
    write_clip(tmp_path / "mute.mp4", clips[0], sound=False)
    mute = Sample(name="mute", generated=VideoSource(tmp_path / "mute.mp4"))
    ours = method("ours", clips)
    ours = attrs.evolve(ours, samples=(*ours.samples, mute))
    found = evaluated(tmp_path / "store", [ours, shuffled(method("b", clips))], chosen)
    entry = found["ours"]["sync_confidence"]
    assert entry["title"] == "sync-confidence-contrastive"
    assert entry["value"] > 0
    assert entry["failures"] == [
        {"clip": "mute", "reason": "clip mute: the video has no sound track"}
    ]
    assert 0 <= found["ours"]["sync_within"]["value"] <= 1
    floor = found["b, shuffled sound"]["sync_confidence"]["value"]
    assert floor is not None
    assert floor != entry["value"]
    with pytest.raises(CheckpointError, match="no such file"):
        load_scorer(tmp_path / "none.safetensors", registry)


def test_sync_against_ones_own_and_another_sound(tmp_path: Path) -> None:
    clips = []
    for index, late in enumerate((0, 1, 4)):
        frames, waveform = told(late, seed=index)
        clips.append(Clip(name=f"c{index}", identity="x", frames=frames, waveform=waveform))
    ours = method("ours", clips)
    chosen = sync_tools(SyncScorer("clock", Clock(None), "0" * 64))
    found = evaluated(tmp_path, [ours, shuffled(ours)], chosen)
    own, other = found["ours"], found["ours, shuffled sound"]
    assert own["sync_within"]["value"] == pytest.approx(2 / 3)
    assert own["sync_confidence"]["value"] > 0.8
    assert other["sync_within"]["value"] < 0.5
    assert other["sync_confidence"]["value"] < 0.4
    assert own["sync_within"]["title"] == "sync-within-1-frame-clock"


def test_sources(tmp_path: Path) -> None:
    clip = TRUTHS[0]
    write_clip(tmp_path / "a.mp4", clip)
    back = VideoSource(tmp_path / "a.mp4").load()
    assert np.array_equal(back.frames, clip.frames)
    assert back.waveform.shape == clip.waveform.shape
    assert (back.name, has_sound(back)) == ("a", True)
    other = moving_clip(1, frames=5)
    dubbed = DubbedSource(ClipSource(clip), ClipSource(other)).load()
    assert (len(dubbed.frames), len(dubbed.waveform)) == (5, 5 * 640)
    assert dubbed.name == "clip0 with the sound of clip1"
    assert cut(clip, 3).phonemes[-1].end_s == 0.12
    with pytest.raises(InputError, match="cannot be cut; expected 1 to 8 frames, got 9"):
        cut(clip, 9)
    assert digest_of_clip(clip) == digest_of_clip(attrs.evolve(clip, name="x"))
    assert digest_of_clip(clip) != digest_of_clip(attrs.evolve(clip, phonemes=()))


def test_cached_frames_are_the_corpus(tmp_path: Path) -> None:
    corpus = Noise(None)
    FrameCache.build(tmp_path / "test", corpus, "test")
    cached, made = CachedSource(tmp_path / "test", 1).load(), CorpusSource(corpus, "test", 1).load()
    assert digest_of_clip(cached) == digest_of_clip(made)
    assert (cached.name, cached.identity) == (made.name, made.identity)


def test_folders_are_paired_by_stem(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_clip(tmp_path / "truth" / f"{name}.mp4", TRUTHS[0])
    write_clip(tmp_path / "ours" / "b.mkv", TRUTHS[0])
    write_clip(tmp_path / "ours" / "c.mp4", TRUTHS[0])
    (one,) = from_folders({"ours": tmp_path / "ours"}, tmp_path / "truth")
    assert [(s.name, s.reference is not None) for s in one.samples] == [
        ("a", True), ("b", True), ("c", False),
    ]  # fmt: skip
    with pytest.raises(InputError, match="ours: there is no video 'a'"):
        one.samples[0].generated.load()
    assert one.samples[1].generated.load().name == "b"


def test_folders_that_cannot_be_paired(tmp_path: Path) -> None:
    write_clip(tmp_path / "truth" / "a.mp4", TRUTHS[0])
    write_clip(tmp_path / "ours" / "z.mp4", TRUTHS[0])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no video has the name of one in .*--manifest"):
        from_folders({"ours": tmp_path / "ours"}, tmp_path / "truth")
    with pytest.raises(InputError, match=r"nowhere: no such folder"):
        from_folders({"ours": tmp_path / "nowhere"}, None)
    with pytest.raises(InputError, match=r"empty: holds no video; expected files ending in .mp4"):
        from_folders({"ours": tmp_path / "empty"}, None)
    write_clip(tmp_path / "ours" / "z.mkv", TRUTHS[0])
    (one,) = from_folders({"ours": tmp_path / "ours"}, None)
    with pytest.raises(InputError, match=r"z.mkv and z.mp4 have one name. Keep one of them."):
        one.samples[0].generated.load()


def test_manifests(tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text("method,generated,reference\nx,g/a.mp4,r/1.mp4\ny,g/b.mp4,\n")
    first, second = from_manifest(table)
    assert (first.name, first.samples[0].name) == ("x", "a")
    assert first.samples[0].reference == VideoSource(tmp_path / "r" / "1.mp4", name="a")
    assert second.samples[0].reference is None
    rows = [{"generated": "a.mp4", "phonemes": [["m", 0, 0.1]]}]
    (tmp_path / "pairs.json").write_text(json.dumps(rows))
    (one,) = from_manifest(tmp_path / "pairs.json")
    assert isinstance(one.samples[0].generated, VideoSource)
    assert one.samples[0].generated.phonemes[0].symbol == "m"
    table.write_text("generated,refrence\na.mp4,b.mp4\n")
    with pytest.raises(InputError, match=r"row 1: no such column: 'refrence'; .* 'reference'\?"):
        from_manifest(table)
    table.write_text("reference\nb.mp4\n")
    with pytest.raises(InputError, match=r"row 1: has no generated video"):
        from_manifest(table)


def test_two_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ours: two clips have one name: 'clip0'"):
        method("ours", [TRUTHS[0], TRUTHS[0]])
    with pytest.raises(InputError, match="two methods have one name: 'a'"):
        measure_all([method("a", []), method("a", [])], [counting()], tmp_path, workers=1)
    with pytest.raises(InputError, match="a metric is chosen twice: 'psnr'"):
        tools("psnr", "psnr")
