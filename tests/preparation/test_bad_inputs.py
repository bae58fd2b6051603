"""Every kind of bad input has its own fate, and the rest goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path

import attrs
import numpy as np
import pytest
from PIL import Image
from styletalker.core.cli.main import main
from styletalker.core.engine import Place
from styletalker.core.media.video import write_video
from styletalker.plugins.preparation.summary import exit_status, summary_of
from support.media import write_sound
from support.prepared import CONFIG, prepared
from support.raw_videos import raw_video, speech

SMALL = attrs.evolve(CONFIG, largest_megapixels=0.05, longest_hours=10 / 3600)


@pytest.fixture(scope="module")
def fates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str, str]]:
    raw = tmp_path_factory.mktemp("raw")
    good = raw_video(raw / "good.mp4", seed=1, frames=60)
    whole = good.read_bytes()
    (raw / "half.mp4").write_bytes(whole[: len(whole) // 2])
    (raw / "moov-less.mp4").write_bytes(b"\0\0\0 ftypisom" + bytes(5000))
    mkv = raw_video(raw / "half.mkv", seed=2, frames=75)
    mkv.write_bytes(mkv.read_bytes()[: mkv.stat().st_size // 2])
    spoilt = bytearray(raw_video(raw / "corrupt.mp4", seed=3, frames=60).read_bytes())
    start = spoilt.index(b"mdat") + 600
    spoilt[start : start + 3000] = os.urandom(3000)
    (raw / "corrupt.mp4").write_bytes(spoilt)
    raw_video(raw / "mute.mp4", seed=1, frames=60, sound=False)
    (raw / "zero.mp4").touch()
    (raw / "renamed.mp4").write_text("This is a letter.\n" * 100)
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(raw / "picture.png")
    write_sound(raw / "sound.wav", "pcm_s16le", speech(50, 1), 16000)
    raw_video(raw / "one-frame.mp4", frames=1)
    raw_video(raw / "long.mp4", frames=260)
    raw_video(raw / "large.mp4", frames=30, size=256)
    raw_video(raw / "no-face.mp4", frames=30, dark=(0, 30))
    silence = np.zeros(60 * 640, np.float32)
    grey = np.full((60, 64, 64, 3), 99, np.uint8)
    write_video(raw / "silent.mp4", grey, fps=25, waveform=silence)
    (raw / "dangling.mp4").symlink_to(raw / "gone.mp4")
    out = tmp_path_factory.mktemp("out") / "corpus"
    made = prepared(raw, out, SMALL)
    assert exit_status(made.totals) == 5
    inputs = json.loads((out / "manifest.json").read_text())["inputs"]
    return {one["name"]: (one["fate"], one["reason"], one["detail"]) for one in inputs}


@pytest.mark.parametrize(
    ("name", "fate", "reason", "detail"),
    [
        ("good.mp4", "kept", "", ""),
        ("half.mp4", "rejected", "damaged", "the video ends after "),
        ("half.mkv", "rejected", "damaged", "ends after "),
        ("moov-less.mp4", "rejected", "damaged", "is not a readable audio or video file"),
        ("mute.mp4", "rejected", "no-sound", ""),
        ("zero.mp4", "rejected", "empty", ""),
        ("renamed.mp4", "rejected", "not-a-video", ""),
        ("picture.png", "rejected", "not-a-video", "is a still picture"),
        ("sound.wav", "rejected", "not-a-video", "has no video"),
        ("one-frame.mp4", "rejected", "video-too-short", "0.04 s"),
        ("long.mp4", "rejected", "too-long", "0.00 hours"),
        ("large.mp4", "rejected", "too-large", "256 x 256 pixels"),
        ("no-face.mp4", "rejected", "no-clip", "no-face 1.2 s"),
        ("silent.mp4", "rejected", "all-silent", ""),
        ("dangling.mp4", "failed", "unreadable", ""),
    ],
)
def test_its_fate(
    fates: dict[str, tuple[str, str, str]], name: str, fate: str, reason: str, detail: str
) -> None:
    found = fates[name]
    assert found[:2] == (fate, reason)
    assert found[2].startswith(detail)
    assert "/" not in found[2] or fate == "failed", "a detail names no folder of the moment"


def test_damage_in_the_middle(fates: dict[str, tuple[str, str, str]]) -> None:
    fate, reason, detail = fates["corrupt.mp4"]
    assert (fate, reason) in {("rejected", "damaged"), ("rejected", "damaged-sound")}
    assert "cannot be decoded after" in detail


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw_video(tmp_path / "raw" / "a.mp4", frames=30)
    (tmp_path / "raw" / "locked").mkdir()
    scandir = os.scandir

    def refuse(path: object) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refuse)
    made = prepared(tmp_path / "raw", tmp_path / "out")
    assert made.totals["inputs"] == {"kept": 1, "duplicate": 0, "rejected": 0, "failed": 1}
    first = (tmp_path / "out" / "manifest.csv").read_text().splitlines()[2]
    assert first.startswith("locked/,failed,unreadable,Permission denied,")


def test_a_fault_of_the_toolkit_costs_one_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_video(tmp_path / "raw" / "a.mp4", frames=30)
    raw_video(tmp_path / "raw" / "b.mp4", seed=2, frames=30)
    local = Place.local

    def fail(place: Place, name: str) -> object:
        if name == "a.mp4":
            raise ZeroDivisionError("division by zero")
        return local(place, name)

    monkeypatch.setattr(Place, "local", fail)
    made = prepared(tmp_path / "raw", tmp_path / "out")
    assert made.totals["reasons"]["fault"]["inputs"] == 1
    assert made.totals["clips"] == 1
    assert exit_status(made.totals) == 5
    lines = summary_of(made.totals)
    assert lines[0].startswith("1 of 2 inputs give 1 clip, 1.2 s of 1.2 s, of 1 person (train 1).")
    assert "1 input could not be tried" in " ".join(lines)


def test_the_command_says_that_nothing_was_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "letter.mp4").write_text("dear\n" * 99)
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stopped:
        main(["data", "prepare", str(tmp_path / "raw"), "-o", str(out), "--workers", "1"])
    assert stopped.value.code == 7
    printed = capsys.readouterr()
    assert printed.out == f"{out / 'index.html'}\n"
    assert "0 of 1 inputs give 0 clips" in printed.err
    assert "not-a-video: 1 input; the file is a text, a picture, a sound" in printed.err
    assert "Nothing was good enough" in (out / "index.html").read_text()
    assert not (out / "corpus.json").exists()
    assert not (out / "parts").exists()


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (["nowhere", "-o", "out"], "no such file or folder", 2),
        ([".", "-o", "out", "qualty=high"], "did you mean 'quality'?", 3),
        ([".", "-o", "out", "analysis.size=1"], "analysis.size: out of range", 3),
        ([".", "-o", "out", "--list-kind", "hdft", "--list", "."], "did you mean 'hdtf'?", 2),
        ([".", "-o", "out", "--engine", "rai"], "did you mean 'ray'?", 2),
        ([".", "-o", "out", "--face-analyser", "dlip"], "did you mean 'dlib'?", 4),
    ],
)
def test_mistakes_on_the_command_line(
    arguments: list[str],
    words: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["data", "prepare", *arguments])
    assert stopped.value.code == status
    assert words in capsys.readouterr().err
