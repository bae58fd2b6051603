"""A folder of videos as a corpus: what is cut, whose it is, where it belongs, what is refused."""

from __future__ import annotations

import itertools
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.errors import InputError, MediaError
from styletalker.core.interfaces.corpus import Stored
from styletalker.core.media import movie
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.video import write_video
from styletalker.plugins.videos import measure
from styletalker.plugins.videos.config import VideosConfig
from styletalker.plugins.videos.corpus import Videos
from styletalker.plugins.videos.layout import clip_names, split_people
from support.media import lag, noise, number_of


def grey(count: int) -> Iterator[NDArray[np.uint8]]:
    """Pictures that tell their number modulo 32."""
    for number in range(count):
        yield np.full((32, 48, 3), 8 * (number % 32), np.uint8)


def film(path: Path, frames: int, *, fps: int = 25, rate: int = 16000, heard: int = 0) -> None:
    """*frames* numbered pictures and noise of *heard* frames, all if 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = noise((heard or frames) / fps, rate, seed=len(path.name))
    write_video(path, grey(frames), fps=fps, waveform=sound, sample_rate=rate)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    film(folder / "ada" / "one.mp4", 60)
    film(folder / "ada" / "two.mkv", 25)
    film(folder / "ben" / "a.b.mov", 110, fps=50, rate=44100)
    (folder / "ben" / "notes.txt").write_text("no video")
    (folder / ".hidden.mp4").write_bytes(b"")
    return folder


def videos(folder: Path, **options: object) -> Videos:
    defaults = {"resolution": 32, "seconds": 1.0, "index": folder.parent / "index.json"}
    return Videos(VideosConfig(folder=folder, **{**defaults, **options}))  # type: ignore[arg-type]


def numbers(corpus: Videos, split: str) -> list[list[int]]:
    return [
        [number_of(frame) for frame in corpus.clip(split, index).frames]
        for index in range(corpus.count(split))
    ]


def test_every_frame_is_in_one_clip(films: Path) -> None:
    corpus = videos(films, identity="folder", val_share=0.0, test_share=0.0)
    assert isinstance(corpus, Stored)
    assert corpus.splits == ("train",)
    assert list(corpus.groups("train")) == [range(3), range(3, 4), range(4, 7)]
    clips = [corpus.clip("train", index) for index in range(corpus.count("train"))]
    assert [clip.name for clip in clips] == [
        *(f"ada-one-{k:04d}" for k in range(3)),
        "ada-two-0000",
        *(f"ben-a-b-{k:04d}" for k in range(3)),
    ]
    assert [clip.identity for clip in clips] == ["ada"] * 4 + ["ben"] * 3
    assert [len(clip.frames) for clip in clips] == [20, 20, 20, 25, 18, 18, 19]
    found = numbers(corpus, "train")
    assert [n for part in found[:3] for n in part] == [k % 32 for k in range(60)]
    # 110 pictures at 50 per second: of two equally near ones the earlier is shown
    assert sum(map(len, found[4:])) == 55
    assert all((b - a) % 32 == 2 for part in found[4:] for a, b in itertools.pairwise(part[1:]))
    assert clips[5].facts == {"video": "ben/a.b.mov", "start_s": 18 / 25}


def test_sound_and_pictures_stay_together(films: Path) -> None:
    corpus = videos(films, val_share=0.0, test_share=0.0)
    for part, video in ((slice(0, 3), "ada/one.mp4"), (slice(4, 7), "ben/a.b.mov")):
        clips = [corpus.clip("train", index) for index in range(*part.indices(7))]
        heard = np.concatenate([clip.waveform for clip in clips])
        assert heard.dtype == np.float32
        audio = MovieFile.open(films / video).audio()
        assert audio is not None
        whole = audio.read(sample_rate=16000)
        assert np.abs(heard[: len(whole)] - whole[: len(heard)]).max() < 1e-4
    rate = 44100
    again = noise(110 / 50, rate, seed=len("a.b.mov"))
    own = heard[: 16000 * 2]
    slow = np.interp(np.arange(len(own)) / 16000, np.arange(len(again)) / rate, again)
    assert abs(lag(slow.astype(np.float32), own)) <= 16  # a millisecond


def test_any_order_and_any_copy_give_the_same_clips(films: Path) -> None:
    one = videos(films, val_share=0.0, test_share=0.0)
    backwards = pickle.loads(pickle.dumps(one))
    order = list(range(one.count("train")))
    there = [one.clip("train", index) for index in order]
    back = [backwards.clip("train", index) for index in reversed(order)][::-1]
    for mine, other in zip(there, back, strict=True):
        assert np.array_equal(mine.frames, other.frames)
        assert np.array_equal(mine.waveform, other.waveform)


def test_a_clip_late_in_a_long_video_is_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "films"
    film(folder / "long.mkv", 700)
    corpus = videos(folder, val_share=0.0, test_share=0.0)
    decoded: list[object] = []
    real = movie._upright

    def counted(*given: Any) -> Any:
        decoded.append(given)
        return real(*given)

    monkeypatch.setattr(movie, "_upright", counted)
    clip = corpus.clip("train", 26)
    assert [number_of(frame) for frame in clip.frames] == [(650 + k) % 32 for k in range(25)]
    assert len(decoded) < 260  # x264 puts a keyframe every 250 pictures


def test_identity_patterns(films: Path) -> None:
    corpus = videos(films, identity_pattern=r"^(\w)", val_share=0.0, test_share=0.0)
    assert {corpus.clip("train", k).identity for k in range(7)} == {"a", "b"}
    with pytest.raises(InputError) as caught:
        videos(films, identity_pattern=r"^(b)")
    name = films / "ada" / "one.mp4"
    assert str(caught.value) == f"{name}: identity_pattern finds nobody in its name: '^(b)'"
    with pytest.raises(ValueError, match="must have exactly one group"):
        videos(films, identity_pattern="a")
    with pytest.raises(ValueError, match="must be a regular expression"):
        videos(films, identity_pattern="(")
    film(films / "stray.mp4", 25)
    with pytest.raises(InputError, match=r"stray.mp4: lies in no person's folder. Move it to one"):
        videos(films, identity="folder")


def test_people_are_split_by_their_names_alone() -> None:
    config = VideosConfig(folder=Path("x"), val_share=0.2, test_share=0.1)
    few = {f"p{k}/v.mp4": f"p{k}" for k in range(200)}
    more = few | {f"q{k}/v.mp4": f"q{k}" for k in range(200)}
    small, large = (split_people(one, config, usable=one) for one in (few, more))
    assert all(large[name] == split for name, split in small.items())
    counts = [list(large.values()).count(split) for split in ("train", "val", "test")]
    assert sum(counts) == 400
    assert 250 < counts[0] < 310
    assert 20 < counts[2] < 60
    other = split_people(more, VideosConfig(folder=Path("x"), split_seed=1), usable=more)
    assert other != large


def test_a_wanted_split_is_not_left_empty() -> None:
    config = VideosConfig(folder=Path("x"))
    for count, wanted in ((1, {"train"}), (2, {"train", "test"}), (3, {"train", "val", "test"})):
        people = {f"{k}.mp4": str(k) for k in range(count)}
        assert set(split_people(people, config, usable=people).values()) == wanted


def test_folders_say_the_split(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    for name in ("train/ada/1", "train/ben/1", "test/eve/1"):
        film(folder / f"{name}.mp4", 25)
    corpus = videos(folder, identity="folder")
    assert corpus.splits == ("train", "test")
    assert [corpus.clip("train", k).identity for k in range(2)] == ["ada", "ben"]
    assert corpus.clip("test", 0).identity == "eve"
    film(folder / "val" / "ada" / "2.mp4", 25)
    with pytest.raises(InputError) as caught:
        videos(folder, identity="folder")
    assert str(caught.value) == (
        f"{folder}: 'ada' is in two splits: train/ada/1.mp4 and val/ada/2.mp4. "
        "Rename one if they are two people, else move one."
    )
    (folder / "val" / "ada" / "2.mp4").rename(folder / "2.mp4")
    with pytest.raises(InputError, match=r"2.mp4: lies beside the folders train, test. Move it"):
        videos(folder)


def test_what_cannot_be_used_is_named(films: Path) -> None:
    write_video(films / "mute.mp4", grey(50), fps=25)
    film(films / "short.mp4", 5)
    (films / "torn.mkv").write_bytes((films / "ada" / "two.mkv").read_bytes()[:900])
    (films / "zero.mov").touch()
    with pytest.raises(InputError) as caught:
        videos(films)
    said = str(caught.value)
    assert said.startswith(f"{films}: 4 of 7 videos cannot be used: mute.mp4: has no sound; ")
    assert "short.mp4: lasts 0.2 s, less than least_seconds 1; torn.mkv: " in said
    assert said.endswith("; and 1 more. Remove them, or set unusable: skip.")
    kept = videos(films, unusable="skip", val_share=0.0, test_share=0.0)
    assert kept.count("train") == 7
    with pytest.raises(InputError, match=r"7 of 7 videos cannot be used: ada/one.mp4: lasts 2.4 s"):
        videos(films, unusable="skip", seconds=100.0, least_seconds=50.0)


def test_sound_that_ends_early_ends_the_clips(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    with av.open(str(folder / "early.mkv"), "w") as container:
        seen: Any = container.add_stream("libx264", rate=25)
        seen.width, seen.height, seen.pix_fmt = 48, 32, "yuv420p"
        heard: Any = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        sound = (noise(1.0, 16000) * 20000).astype(np.int16)[None]
        piece = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
        piece.sample_rate = 16000
        container.mux(heard.encode(piece))
        for picture in grey(50):
            container.mux(seen.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux([*heard.encode(None), *seen.encode(None)])
    corpus = videos(folder, seconds=10.0, val_share=0.0, test_share=0.0)
    clip = corpus.clip("train", 0)
    assert len(clip.frames) == 30  # a fifth of a second of silence is let pass
    assert len(clip.waveform) == len(clip.frames) * 640
    assert clip.waveform[:16000].any()
    assert not clip.waveform[16000:].any()


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder. Give a folder of videos."):
        videos(tmp_path / "nowhere")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").touch()
    with pytest.raises(
        InputError, match=r"texts: holds no video; expected .*, got '1 files of oth"
    ):
        videos(tmp_path / "texts")


def test_the_index_is_used_and_noticed_when_stale(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = measure._measured

    def noted(folder: Path, name: str) -> measure.Measured:
        opened.append(name)
        return real(folder, name)

    monkeypatch.setattr(measure, "_measured", noted)
    videos(films)
    assert len(opened) == 3
    videos(films)
    assert len(opened) == 3
    film(films / "ada" / "two.mkv", 30)
    assert videos(films, val_share=0.0, test_share=0.0).count("train") == 8
    assert opened[3:] == ["ada/two.mkv"]
    (films.parent / "index.json").write_text("{")
    videos(films)
    assert len(opened) == 7


def test_an_index_that_cannot_be_written_is_done_without(films: Path) -> None:
    (films.parent / "file").touch()
    corpus = videos(films, index=films.parent / "file" / "index.json")
    assert sum(map(corpus.count, corpus.splits)) == 7


def test_the_index_is_kept_in_the_cache(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(films.parent / "cache"))
    Videos(VideosConfig(folder=films))
    (written,) = (films.parent / "cache" / "styletalker" / "videos").iterdir()
    assert "ben/a.b.mov" in written.read_text()
    assert {path.name for path in films.iterdir()} == {"ada", "ben", ".hidden.mp4"}


def test_a_video_that_changed_meanwhile(films: Path) -> None:
    corpus = videos(films, val_share=0.0, test_share=0.0)
    stat = (films / "ada" / "one.mp4").stat()
    film(films / "ada" / "one.mp4", 30)
    os.utime(films / "ada" / "one.mp4", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert len(corpus.clip("train", 0).frames) == 20
    with pytest.raises(MediaError, match=r"one.mp4: ends after 1.2 s, it was longer when it was"):
        corpus.clip("train", 1)


def test_names_are_told_apart() -> None:
    names = clip_names(["a.b.mp4", "a-b.mkv", "c/d.mp4"])
    assert names[2] == "c-d"
    assert len(set(names)) == 3
    assert all(name.startswith("a-b-") for name in names[:2])
