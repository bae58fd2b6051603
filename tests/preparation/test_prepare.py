"""From raw videos to a corpus: what is kept and where, in the same bytes whatever happens."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from rich.console import Console
from styletalker.core.clip import Clip
from styletalker.core.engine import Place
from styletalker.core.errors import InputError, RunError
from styletalker.core.lock import FolderLock
from styletalker.core.run.progress import Reporter
from styletalker.plugins.preparation.summary import exit_status, summary_of
from styletalker.plugins.shards.archive import facts_of
from styletalker.plugins.shards.config import ShardsConfig
from styletalker.plugins.shards.corpus import Shards
from styletalker.plugins.shards.info import describe_folder
from support.prepared import CONFIG, contents, prepared
from support.raw_videos import raw_video

TESTS = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    raw_video(folder / "p0" / "a.mp4", seed=0, person=0, frames=60)
    raw_video(folder / "p0" / "copy.mkv", seed=0, person=0, frames=60, size=96)
    raw_video(folder / "p1" / "b.mp4", seed=1, person=1, frames=70, late=3)
    raw_video(folder / "p2" / "c.mp4", seed=2, person=2, frames=75, late=-4)
    raw_video(folder / "p3" / "d.e.mp4", seed=3, person=3, frames=70, dark=(25, 45))
    shutil.copy(folder / "p1" / "b.mp4", folder / "z.mp4")
    (folder / "notes.txt").write_text("nothing to see\n" * 20)
    (folder / ".hidden.mp4").write_bytes(b"no input")
    return folder


@pytest.fixture(scope="module")
def out(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "corpus"
    prepared(raw, folder)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def every_clip(folder: Path) -> Iterator[tuple[str, Clip]]:
    corpus = Shards(ShardsConfig(folder=folder))
    for split in corpus.splits:
        for index in range(corpus.count(split)):
            yield split, corpus.clip(split, index)


def test_every_input_has_a_fate(out: Path) -> None:
    fates = {row["name"]: (row["fate"], row["reason"]) for row in rows(out / "manifest.csv")}
    assert fates == {
        "notes.txt": ("rejected", "not-a-video"),
        "p0/a.mp4": ("kept", ""),
        "p0/copy.mkv": ("kept", ""),
        "p1/b.mp4": ("kept", ""),
        "p2/c.mp4": ("kept", ""),
        "p3/d.e.mp4": ("kept", ""),
        "z.mp4": ("duplicate", "duplicate-file"),
    }
    manifest = json.loads((out / "manifest.json").read_text())
    assert [one["name"] for one in manifest["inputs"]] == sorted(fates)
    assert manifest["totals"]["inputs"] == {"kept": 5, "duplicate": 1, "rejected": 1, "failed": 0}


def test_rejected_stretches_are_told_with_their_times(out: Path) -> None:
    own = [row for row in rows(out / "stretches.csv") if row["name"] == "p3/d.e.mp4"]
    dark = [row for row in own if row["reason"] == "no-face"]
    assert [float(row["start_s"]) for row in dark] == [k / 25 for k in range(25, 45)]
    assert {row["fate"] for row in dark} == {"rejected"}
    kept = [row for row in own if row["fate"] == "kept"]
    assert [(row["start_s"], row["stop_s"]) for row in kept] == [("0.0", "1.0"), ("1.8", "2.8")]
    assert all(row["clip"].startswith("d-e-") and row["identity"] for row in kept)


def test_the_corpus_is_one_of_shards(out: Path) -> None:
    found = describe_folder(out, verify=True)
    assert found["faults"] == []
    assert found["description"]["type"] == "prepared"
    clips = list(every_clip(out))
    kept = [row for row in rows(out / "stretches.csv") if row["fate"] == "kept"]
    assert sorted(clip.name for _, clip in clips) == sorted(row["clip"] for row in kept)
    for _, clip in clips:
        assert clip.frames.shape[1:] == (64, 64, 3)
        assert clip.landmarks is not None
        assert clip.landmarks.shape == (len(clip.frames), 68, 2)
        assert facts_of(clip)["facts"]["source"] in {row["name"] for row in kept}


def test_the_sound_is_moved_where_it_belongs(out: Path) -> None:
    found: dict[str, int] = {}
    for _, clip in every_clip(out):
        found[clip.facts["source"]] = clip.facts["offset_frames"]
        bright = clip.frames.mean((1, 2, 3)).astype(float)
        loud = np.sqrt((clip.waveform.reshape(-1, 640).astype(float) ** 2).mean(1))
        together = [
            np.corrcoef(bright[3:-3], loud[3 + k : len(loud) - 3 + k])[0, 1] for k in range(-3, 4)
        ]
        assert int(np.argmax(together)) == 3, clip.name
    assert found == {
        "p0/a.mp4": 0,
        "p0/copy.mkv": 0,
        "p1/b.mp4": 3,
        "p2/c.mp4": -4,
        "p3/d.e.mp4": 0,
    }


def test_frames_without_sound_are_trimmed(out: Path) -> None:
    """Sound that is 3 frames late is cut off at its end, and sound 4 frames early at its start."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for _, clip in every_clip(out):
        start = round(clip.facts["start_s"] * 25)
        spans.setdefault(clip.facts["source"], []).append((start, start + len(clip.frames)))
    assert sorted(spans["p1/b.mp4"]) == [(0, 40), (40, 67)]
    assert sorted(spans["p2/c.mp4"]) == [(4, 40), (40, 75)]


def test_the_better_copy_stays(out: Path) -> None:
    own = [row for row in rows(out / "stretches.csv") if row["name"].startswith("p0/")]
    copies = [row for row in own if row["fate"] == "duplicate"]
    assert [row["name"] for row in copies] == ["p0/a.mp4"]
    assert copies[0]["detail"].startswith("of copy-")
    assert float(copies[0]["start_s"]) == 0.0


def test_nobody_stands_in_two_splits(out: Path) -> None:
    splits: dict[str, set[str]] = {}
    for split, clip in every_clip(out):
        splits.setdefault(clip.identity, set()).add(split)
    assert all(len(where) == 1 for where in splits.values())
    assert len(splits) == 4
    assert {where for one in splits.values() for where in one} == {"train", "val", "test"}


def test_the_page_is_complete_and_offline(out: Path) -> None:
    page = (out / "index.html").read_text()
    clips = len(list(every_clip(out)))
    assert page.count('src="data:image/jpeg;base64,') == clips
    assert "http" not in page
    for title in ("length of the clips", "sharpness", "yaw", "sound late by", "width of the face"):
        assert title in page
    assert "not-a-video" in page
    assert "dark" not in page or "no-face" in page


def test_the_bytes_depend_on_nothing_but_inputs_and_options(
    raw: Path, out: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere" / "videos"
    shutil.copytree(raw, moved)
    command = [sys.executable, "-m", "support.prepared", str(moved), str(tmp_path / "again"), "2"]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(TESTS)})
    assert contents(tmp_path / "again") == contents(out)


def test_a_finished_corpus_is_left_as_it_is(raw: Path, out: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(out, again)
    (again / "parts").mkdir()
    (again / "parts" / "left.tar").write_bytes(b"by a kill before the end")
    made = prepared(raw, again)
    assert made.before
    assert contents(again) == contents(out)


def test_a_lost_shard_is_made_again(raw: Path, out: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(out, again)
    (again / "train-00000.tar").unlink()
    assert not prepared(raw, again).before
    assert contents(again) == contents(out)


def test_more_videos_with_kept_parts(raw: Path, out: Path, tmp_path: Path) -> None:
    some, again = tmp_path / "some", tmp_path / "again"
    shutil.copytree(raw, some)
    (some / "p3" / "d.e.mp4").unlink()
    prepared(some, again, keep_parts=True)
    parts = {path: path.stat().st_mtime_ns for path in (again / "parts").iterdir()}
    assert len(parts) > 4
    shutil.copy(raw / "p3" / "d.e.mp4", some / "p3" / "d.e.mp4")
    prepared(some, again, keep_parts=True)
    assert all(path.stat().st_mtime_ns == before for path, before in parts.items())
    shutil.rmtree(again / "parts")
    assert contents(again) == contents(out)


class Killed(BaseException):
    """Stands for a kill."""


@attrs.define
class Killer:
    """Ends the process at the n-th file: before it is published, or right after."""

    at: int
    before: bool
    count: int = 0

    @contextlib.contextmanager
    def writing(self, inner: Any, place: Place, name: str) -> Iterator[Path]:
        self.count += 1
        with inner(place, name) as path:
            yield path
            if self.count == self.at and self.before:
                raise Killed
        if self.count == self.at:
            raise Killed


@pytest.mark.parametrize("before", [True, False])
def test_a_kill_at_any_file_changes_nothing(
    raw: Path, out: Path, tmp_path: Path, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = Place.writing
    target, kills = tmp_path / "killed", 0
    while True:  # at the first file it writes, at the second ..., at the sixth, at the first
        killer = Killer(kills % 6 + 1, before)
        monkeypatch.setattr(Place, "writing", lambda p, n, k=killer: k.writing(writing, p, n))
        try:
            prepared(raw, target)
            break
        except Killed:
            kills += 1
    monkeypatch.undo()
    assert kills > 8
    assert contents(target) == contents(out)


def test_kill_9_at_random_moments(raw: Path, out: Path, tmp_path: Path) -> None:
    target = tmp_path / "killed"
    command = [sys.executable, "-m", "support.prepared", str(raw), str(target), "2"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    draw = random.Random(0)
    for wanted in (1, 4, 9):  # files that are there already
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list(target.rglob("*.*"))) < wanted:
            time.sleep(0.002)
        time.sleep(draw.uniform(0.0, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
    assert contents(target) == contents(out)


def test_a_full_disk_costs_one_input_and_is_mended_by_calling_again(
    raw: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, full = Place.writing, tmp_path / "full"

    @contextlib.contextmanager
    def no_space(place: Place, name: str) -> Iterator[Path]:
        with writing(place, name) as path:
            if name.endswith(".tar") and name.startswith("parts/"):
                files.append(name)
                if len(files) == 2:
                    raise OSError(28, "No space left on device")
            yield path

    files: list[str] = []
    monkeypatch.setattr(Place, "writing", no_space)
    said = io.StringIO()
    made = prepared(raw, full, reporter=Reporter(Console(file=said, width=200)))
    assert made.totals["inputs"]["failed"] == 1
    assert made.totals["inputs"]["kept"] >= 3
    assert exit_status(made.totals) == RunError.exit_code
    assert "disk: " in said.getvalue()
    assert "No space left on device" in said.getvalue()
    assert any("call again" in line for line in summary_of(made.totals))
    assert (full / "parts").is_dir()
    monkeypatch.undo()
    assert exit_status(prepared(raw, full).totals) == 0
    assert contents(full) == contents(out)


def test_another_folder_is_not_touched(raw: Path, out: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"mine: is not empty and holds no prepared corpus"):
        prepared(raw, tmp_path / "mine")
    other = attrs.evolve(CONFIG, quality="lossless")
    with pytest.raises(InputError) as caught:
        prepared(raw, out, other)
    assert str(caught.value) == (
        f"{out}: holds a corpus of other options (options.quality: 'high', not 'lossless'). "
        "Choose another folder, or remove this one."
    )
    with pytest.raises(InputError, match="cannot be written among the raw videos"):
        prepared(raw, raw / "corpus")
    with FolderLock(out, "prepare"), pytest.raises(RunError, match="is in use by process"):
        prepared(raw, out)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        prepared(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: holds no file"):
        prepared(tmp_path / "empty", tmp_path / "out")


def test_one_file(raw: Path, tmp_path: Path) -> None:
    made = prepared(raw / "p1" / "b.mp4", tmp_path / "out")
    assert made.totals["splits"] == {
        "train": {"clips": 2, "seconds": 2.68, "identities": 1},
    }
    assert "nothing can be held out" in summary_of(made.totals)[-1]
