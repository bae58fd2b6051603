"""Corpora on disk: what goes in comes out, and damage is said where it is."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, MediaError, RunError
from styletalker.core.lock import FolderLock
from styletalker.core.media.video import read_frames
from styletalker.plugins.shards.archive import read_archive, write_archive
from styletalker.plugins.shards.build import Plan, build_corpus, plan_of
from styletalker.plugins.shards.config import ShardsConfig
from styletalker.plugins.shards.corpus import Shards
from styletalker.plugins.shards.info import describe_folder
from styletalker.plugins.shards.preview import preview
from support.noise import Noise


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = Noise(None)
    built = tmp_path / "corpus"
    build_corpus(corpus, plan_of(corpus, {"type": "noise"}, clips_per_shard=2), built, workers=1)
    return built


def shards(folder: Path) -> Shards:
    return Shards(ShardsConfig(folder=folder))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.suffix in (".tar", ".json")
    }


def test_a_clip_comes_back_as_it_was(folder: Path) -> None:
    for split, index in (("train", 0), ("train", 4), ("test", 1), ("train", 1)):
        wanted, found = Noise(None).clip(split, index), shards(folder).clip(split, index)
        for name in ("frames", "waveform", "landmarks", "visible", "parameters"):
            assert np.array_equal(getattr(wanted, name), getattr(found, name)), name
        for name in ("name", "identity", "text", "phonemes", "fps", "parameter_names", "facts"):
            assert getattr(wanted, name) == getattr(found, name), name
    assert (shards(folder).count("train"), shards(folder).splits) == (5, ("train", "test"))


def test_any_reader_of_tar_archives_can_stream_it(folder: Path) -> None:
    with tarfile.open(folder / "train-00001.tar") as archive:
        names = archive.getnames()
        assert names[:4] == [f"train-2.{suffix}" for suffix in ("flac", "json", "mp4", "npz")]
        video = archive.extractfile("train-3.mp4")
        assert video is not None
        assert read_frames(io.BytesIO(video.read())).shape == (4, 32, 32, 3)
        assert {(member.mtime, member.uid, member.uname) for member in archive} == {(0, 0, "")}


def test_high_quality_is_close_and_smaller(tmp_path: Path) -> None:
    clip = Noise(None).clip("train", 0)
    smooth = np.broadcast_to(np.arange(0, 256, 8, dtype=np.uint8)[:, None, None], (4, 32, 32, 3))
    clip = Clip(name="s", identity="s", frames=smooth.copy(), waveform=clip.waveform)
    write_archive(tmp_path / "s.tar", [clip], "high")
    offset, size = read_archive(tmp_path / "s.tar")["s"]["mp4"]
    data = (tmp_path / "s.tar").read_bytes()[offset : offset + size]
    error = np.abs(read_frames(io.BytesIO(data)).astype(int) - smooth).mean()
    assert error < 3


def test_the_bytes_do_not_depend_on_the_workers(folder: Path, tmp_path: Path) -> None:
    corpus = Noise(None)
    seen: list[int] = []
    plan = plan_of(corpus, {"type": "noise"}, clips_per_shard=2)
    build_corpus(corpus, plan, tmp_path / "other", workers=2, done=seen.append)
    assert contents(tmp_path / "other") == contents(folder)
    assert sorted(seen) == [1, 2, 2, 2]


def test_a_killed_build_goes_on(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "train-00001.tar").unlink()
    (other / "test-00000.json").unlink()
    (other / ".train-00001.0123456789ab.tar").write_bytes(b"half")
    kept = (other / "train-00000.tar").stat().st_mtime_ns
    corpus = Noise(None)
    build_corpus(corpus, plan_of(corpus, {"type": "noise"}, clips_per_shard=2), other, workers=1)
    assert contents(other) == contents(folder)
    assert (other / "train-00000.tar").stat().st_mtime_ns == kept
    assert not list(other.glob(".train*"))


def test_a_kill_in_the_very_first_write_does_no_harm(folder: Path, tmp_path: Path) -> None:
    new, corpus = tmp_path / "new", Noise(None)
    new.mkdir()
    (new / ".corpus.0123456789ab.json").write_bytes(b'{"for')
    build_corpus(corpus, plan_of(corpus, {"type": "noise"}, clips_per_shard=2), new, workers=1)
    assert contents(new) == contents(folder)


def test_kill_9_during_a_build(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from support.noise import Noise\n"
        "from styletalker.plugins.shards.build import build_corpus, plan_of\n"
        "corpus = Noise(None)\n"
        "build_corpus(corpus, plan_of(corpus, {'type': 'noise'}, clips_per_shard=2),\n"
        "             Path(sys.argv[2]), workers=1)\n"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent.parent), str(other)]
    for _ in range(3):
        process = subprocess.Popen(command)
        while process.poll() is None and len(list(other.glob("*.tar"))) < 1:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(command, check=True)
    assert contents(other) == contents(folder)


def test_another_corpus_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    corpus = Noise(None)
    with pytest.raises(InputError) as caught:
        build_corpus(corpus, plan_of(corpus, {"type": "other"}, clips_per_shard=2), folder)
    assert str(caught.value) == (
        f"{folder}: holds another corpus, or one of other options. Choose another folder."
    )
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(InputError, match="full: is not empty and holds no corpus"):
        build_corpus(corpus, plan_of(corpus, {}), tmp_path / "full")
    with FolderLock(folder, "corpus"), pytest.raises(RunError, match="is in use by process"):
        build_corpus(corpus, plan_of(corpus, {"type": "noise"}, clips_per_shard=2), folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    corpus = Noise(None)
    with pytest.raises(RunError) as caught:
        build_corpus(corpus, plan_of(corpus, {}), tmp_path / "file" / "new")
    assert str(caught.value) == f"{tmp_path}/file/new: cannot be written: Not a directory"
    with pytest.raises(RunError, match="file: cannot be written: File exists"):
        build_corpus(corpus, plan_of(corpus, {}), tmp_path / "file")


def test_a_damaged_shard_is_named_and_the_others_are_readable(folder: Path) -> None:
    broken = folder / "train-00001.tar"
    broken.write_bytes(broken.read_bytes()[:3000])
    with pytest.raises(MediaError) as caught:
        shards(folder).clip("train", 2)
    assert str(caught.value) == f"{broken}: is not a readable shard: unexpected end of file"
    assert shards(folder).clip("train", 0).name == "train-0"
    assert shards(folder).clip("train", 4).name == "train-4"
    found = describe_folder(folder)
    assert found["splits"]["train"] | {"bytes": 0} == {
        "clips": 5,
        "seconds": 0.8,
        "shards": 3,
        "whole": 2,
        "bytes": 0,
    }
    assert found["faults"] == [f"{caught.value}; remove it and build the corpus again"]


def test_damage_inside_a_clip(folder: Path) -> None:
    path = folder / "train-00000.tar"
    data = bytearray(path.read_bytes())
    offset, size = read_archive(path)["train-0"]["mp4"]
    data[offset : offset + size] = bytes(size)
    path.write_bytes(data)
    with pytest.raises(
        MediaError, match=r"train-00000\.tar: clip train-0: is not a readable video"
    ):
        shards(folder).clip("train", 0)
    assert shards(folder).clip("train", 1).name == "train-1"
    assert describe_folder(folder)["faults"] == []
    assert describe_folder(folder, verify=True)["faults"] == [
        f"{path}: does not match its checksum; remove it and build the corpus again"
    ]


def test_a_missing_shard(folder: Path) -> None:
    (folder / "test-00000.tar").unlink()
    with pytest.raises(MediaError, match=r"test-00000\.tar: is not a readable shard"):
        shards(folder).clip("test", 0)
    assert describe_folder(folder)["faults"] == [
        f"{folder}/test-00000.tar: is not written yet; build the corpus again to go on"
    ]


def test_folders_that_are_no_corpus(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        Plan.read(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: is no corpus, it has no corpus.json. "
        "Give a folder that `toolkit corpus build` wrote."
    )
    for text, message in (
        ("{", "is damaged"),
        ('{"format": 99}', "was written by another version of styletalker"),
        ('{"format": 1}', "is damaged"),
    ):
        (folder / "corpus.json").write_text(text)
        with pytest.raises(InputError, match=message):
            Plan.read(folder)


def test_a_worker_that_dies_is_an_error(tmp_path: Path) -> None:
    corpus = Noise("dies")
    with pytest.raises(RunError) as caught:
        build_corpus(corpus, plan_of(corpus, {}, clips_per_shard=1), tmp_path / "new", workers=2)
    assert str(caught.value) == (
        f"{tmp_path}/new: a worker process died, perhaps for lack of memory. "
        "Build again to go on, with fewer --workers."
    )


def test_no_space_leaves_finished_shards_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "test-00000.tar").unlink()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    before = contents(folder)
    corpus = Noise(None)
    plan = plan_of(corpus, {"type": "noise"}, clips_per_shard=2)
    with pytest.raises(RunError, match=r"test-00000\.tar: cannot be written: No space left"):
        build_corpus(corpus, plan, folder, workers=1)
    assert contents(folder) == before
    assert not list(folder.glob(".test*"))


def test_preview(tmp_path: Path) -> None:
    from PIL import Image

    written = preview(Noise(None), "test", 9, tmp_path / "look")
    names = [path.name for path in written]
    assert names == ["sheet.png", "clip-000.mp4", "clip-000.json", "clip-001.mp4", "clip-001.json"]
    with Image.open(tmp_path / "look/sheet.png") as sheet:
        assert sheet.size == (8 * 32, 2 * 32)
    truth = json.loads((tmp_path / "look/clip-001.json").read_text())
    assert truth["parameters"]["names"] == ["a", "b", "c"]
    assert np.shape(truth["parameters"]["values"]) == (4, 3)
    assert np.shape(truth["landmarks"]) == (4, 68, 2)
    assert truth["phonemes"][1] == {"symbol": "e", "start_s": 0.05, "end_s": 0.16}
    import av

    with av.open(str(tmp_path / "look/clip-000.mp4"), "r") as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert (video.frames, float(video.average_rate or 0), sound.rate) == (4, 25.0, 16000)
        assert abs((container.duration or 0) / 1e6 - 0.16) < 0.07
