"""The harness on long and on bad videos: what is streamed, remembered, remarked, refused."""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import av
import numpy as np
import pytest
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError
from styletalker.core.interfaces.metric import Metric
from styletalker.core.media.video import write_video
from styletalker.evaluation.harness import source as reading
from styletalker.evaluation.harness.folders import from_folders, from_manifest
from styletalker.evaluation.harness.frames import LongFrames, digest_of_frames, read_frames
from styletalker.evaluation.harness.measure import Outcome
from styletalker.evaluation.harness.method import Method, Sample, leaking, shuffled
from styletalker.evaluation.harness.remarks import about_faces, about_sound, is_variable
from styletalker.evaluation.harness.run import measure_all
from styletalker.evaluation.harness.source import ClipSource, VideoSource, digest_of_clip
from styletalker.evaluation.harness.summary import summarise, without_clip, write_results
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.metrics.base import check_moves
from styletalker.evaluation.observe import observe, remember_in
from styletalker.evaluation.report.page import page
from styletalker.evaluation.tracking import track
from support.evaluation import degraded, moving_clip, tools, write_clip
from support.faces import analyser, puppet_clip

CLIP = moving_clip(0, frames=40)
FRAMES = CLIP.frames
SIZE = FRAMES[0].nbytes


@pytest.fixture(autouse=True)
def forgetful() -> Any:
    yield
    remember_in(None)


class Tape:
    """Frames that count how often they are decoded."""

    def __init__(self) -> None:
        self.begun = self.decoded = 0

    def __call__(self) -> Iterator[NDArray[np.uint8]]:
        self.begun += 1
        for frame in FRAMES:
            self.decoded += 1
            yield frame


def long_frames(most: int = 4) -> tuple[Any, Tape]:
    tape = Tape()
    frames: Any = read_frames(tape, most_bytes=most * SIZE)
    assert isinstance(frames, LongFrames)
    return frames, tape


def test_short_videos_are_arrays() -> None:
    frames = read_frames(Tape(), most_bytes=40 * SIZE)
    assert isinstance(frames, np.ndarray)
    assert np.array_equal(frames, FRAMES)


def test_long_videos_look_like_arrays() -> None:
    frames, _ = long_frames()
    assert (frames.shape, frames.ndim, len(frames)) == (FRAMES.shape, 4, 40)
    assert (frames.dtype, frames.nbytes) == (np.uint8, FRAMES.nbytes)
    assert np.array_equal(np.stack(list(frames)), FRAMES)
    for place in (7, 3, -1, 39, 0):
        assert np.array_equal(frames[place], FRAMES[place])
    assert np.array_equal(frames[5:9], FRAMES[5:9])
    assert isinstance(frames[5:9], np.ndarray)
    assert isinstance(frames[5:20], LongFrames)
    assert np.array_equal(np.asarray(frames[5:20]), FRAMES[5:20])
    assert np.array_equal(np.stack(list(frames[3:30][::4])), FRAMES[3:30:4])
    assert np.array_equal(np.stack(list(frames[::-1])), FRAMES[::-1])
    assert np.array_equal(frames[[3, 1]], FRAMES[[3, 1]])
    assert np.array_equal(frames[2, :5, :, 0], FRAMES[2, :5, :, 0])
    assert np.array_equal(frames[2:4, 1], FRAMES[2:4, 1])
    with pytest.raises(IndexError):
        frames[40]
    with pytest.raises(InputError, match="Iterate over the frames"):
        frames[:, 0]


def test_going_forward_decodes_once() -> None:
    frames, tape = long_frames()
    assert (tape.begun, tape.decoded) == (1, 40)  # to count them, and to see that they are whole
    for place in range(0, 36, 3):
        assert len(frames[place : place + 4]) == 4
    assert tape.begun == 2  # slices that overlap share a reader
    tape.begun = 0
    for place in (0, 4, 8, 6, 20, 30):
        assert np.array_equal(frames[place], FRAMES[place])
    assert tape.begun == 1  # 6 is still known when 8 was read


def test_the_digest_does_not_depend_on_how_frames_are_kept() -> None:
    frames, _ = long_frames()
    assert digest_of_frames(frames) == digest_of_frames(FRAMES)
    assert digest_of_frames(frames[:20]) == digest_of_frames(FRAMES[:20])
    assert digest_of_frames(FRAMES[:20]) != digest_of_frames(FRAMES)
    assert digest_of_clip(attrs.evolve(CLIP, frames=frames)) == digest_of_clip(CLIP)


@pytest.mark.parametrize("name", ["psnr", "ssim", "temporal_flicker"])
def test_metrics_of_long_videos_are_the_same(name: str) -> None:
    frames, _ = long_frames()
    (tool,) = tools(name)
    worse = degraded(CLIP, 5)
    there: Any = read_frames(lambda: iter(worse.frames), most_bytes=SIZE)
    expected = tool.metric.measure(worse, CLIP)
    streamed = attrs.evolve(worse, frames=there)
    assert tool.metric.measure(streamed, attrs.evolve(CLIP, frames=frames)) == expected


def test_faces_of_long_videos_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clip = puppet_clip(frames=4)
    write_clip(tmp_path / "a.mp4", clip)
    short = VideoSource(tmp_path / "a.mp4").load()
    monkeypatch.setattr(reading, "read_frames", lambda begin: read_frames(begin, most_bytes=1))
    streamed = VideoSource(tmp_path / "a.mp4").load()
    kept: Any = streamed.frames
    assert isinstance(kept, LongFrames)
    assert np.array_equal(observe(streamed).track.landmarks, observe(short).track.landmarks)
    assert np.array_equal(observe(streamed).embeddings, observe(short).embeddings)
    assert observe(streamed).blinks == observe(short).blinks


class Loudness(Metric):
    """Refuses silent clips."""

    title, unit, direction, uses_reference, hears = "loud", "1", "higher", False, True

    def measure(self, generated: Clip, reference: Clip | None) -> dict[str, Any]:
        if not reading.has_sound(generated):
            raise InputError("there is no sound")
        return {"value": float(np.abs(generated.waveform).mean())}

    def summarise(self, measurements: Sequence[dict[str, Any]]) -> float:
        return float(np.mean([one["value"] for one in measurements]))


def evaluated(folder: Path, methods: list[Method], *names: str) -> list[Outcome]:
    return measure_all(methods, tools(*names), folder / "store", workers=1)


def test_finished_clips_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        write_clip(tmp_path / "truth" / f"{name}.mp4", CLIP)
        write_clip(tmp_path / "ours" / f"{name}.mp4", degraded(CLIP, 5), sound=name == "a")
    methods = from_folders({"ours": tmp_path / "ours"}, tmp_path / "truth")
    methods += [shuffled(methods[0])]
    chosen = [*tools("psnr"), Tool(name="loud", metric=Loudness(None), identity="1")]

    def run() -> list[Outcome]:
        return measure_all(methods, chosen, tmp_path / "store", workers=1)

    first = run()
    reasons = [one.reason for one in first if one.clip == "b" and one.reason]
    assert reasons[0] == "there is no sound"
    loaded: list[str] = []
    load = VideoSource.load

    def counted(self: VideoSource) -> Any:
        loaded.append(self.path.parent.name + self.path.stem)
        return load(self)

    monkeypatch.setattr(VideoSource, "load", counted)
    assert run() == first
    assert loaded == []  # failures and remarks are remembered too
    write_clip(tmp_path / "ours" / "a.mp4", degraded(CLIP, 9))
    assert run() != first
    assert set(loaded) == {"oursa", "trutha", "truthb"}


def test_a_broken_ground_truth_leaves_what_needs_none(tmp_path: Path) -> None:
    write_clip(tmp_path / "ours" / "a.mp4", CLIP)
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "a.mp4").write_bytes(b"")
    methods = from_folders({"ours": tmp_path / "ours"}, tmp_path / "truth")
    psnr, flicker = evaluated(tmp_path, methods, "psnr", "temporal_flicker")
    assert psnr.reason == f"{tmp_path / 'truth' / 'a.mp4'}: is empty (0 bytes)"
    assert flicker.measurement is not None
    assert flicker.measurement["value"] == pytest.approx(0.3356, abs=1e-3)


def test_names_that_stand_for_two_videos(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv", "b.mp4"):
        write_clip(tmp_path / "ours" / name, CLIP)
    (one,) = from_folders({"ours": tmp_path / "ours"}, None)
    outcomes = evaluated(tmp_path, [one], "temporal_flicker")
    assert outcomes[0].reason.endswith("ours: a.mkv and a.mp4 have one name. Keep one of them.")
    assert outcomes[1].measurement is not None
    table = tmp_path / "pairs.csv"
    table.write_text("generated,name\nours/a.mp4,x\nours/b.mp4,y\nours/b.mp4,x\n")
    x, y = evaluated(tmp_path, from_manifest(table), "temporal_flicker")
    assert "row 3 gives a second clip the name 'x'" in x.reason
    assert y.measurement is not None


def variable(path: Path, steps_ms: list[int]) -> None:
    """A video whose frames last as long as is said."""
    base = Fraction(1, 1000)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        stream.pix_fmt, stream.time_base, stream.codec_context.time_base = "yuv420p", base, base
        now = 0
        for frame, step in zip(FRAMES, steps_ms, strict=False):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = now, base
            now += step
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def test_variable_frame_rates_are_told(tmp_path: Path) -> None:
    variable(tmp_path / "even.mp4", [40] * 30)
    variable(tmp_path / "ntsc.mp4", [33, 33, 34] * 10)
    variable(tmp_path / "phone.mp4", [20, 40, 70, 33, 40] * 6)
    assert [is_variable(tmp_path / f"{n}.mp4") for n in ("even", "ntsc", "phone")] == [
        False, False, True,
    ]  # fmt: skip
    (remark, mute) = reading.remarks_of(VideoSource(tmp_path / "phone.mp4").load())
    assert remark.startswith("variable frame rate (")
    assert mute == "no sound track: what needs the sound is not measured"
    assert reading.remarks_of(VideoSource(tmp_path / "even.mp4").load()) == [mute]
    write_video(tmp_path / "fast.mp4", FRAMES[:30], fps=30, waveform=CLIP.waveform)
    (remark,) = reading.remarks_of(VideoSource(tmp_path / "fast.mp4").load())
    assert remark == "30 frames/s in the file, measured at 25"
    assert about_sound(8000, 16000, 16000) == [
        "the sound ends 0.50 s before the pictures: silence was added"
    ]
    assert about_sound(15000, 16000, 16000) == []


def test_several_faces_are_counted_and_told(tmp_path: Path) -> None:
    left, right = puppet_clip(frames=3), puppet_clip(1, frames=3)
    both = np.concatenate([left.frames, right.frames], axis=2)
    assert track(analyser(), both).counts is not None
    assert about_faces(np.array([1, 2, 2])) == [
        "more than one face in 2 of 3 frames: the largest face of the first frame was followed"
    ]
    assert about_faces(np.array([1, 0, 1])) == []
    clip = attrs.evolve(left, frames=both)
    one = Method(name="ours", samples=(Sample(name="c", generated=ClipSource(clip)),))
    outcomes = evaluated(tmp_path, [one], "face_found_rate")
    assert outcomes[0].remarks == tuple(about_faces(np.array([2, 2, 2])))
    again = evaluated(tmp_path, [one], "face_found_rate")  # known from the store
    assert again == outcomes


def test_remarks_reach_the_table_and_the_page(tmp_path: Path) -> None:
    write_clip(tmp_path / "ours" / "a.mp4", CLIP, sound=False)
    methods = from_folders({"ours": tmp_path / "ours"}, None)
    methods.append(attrs.evolve(methods[0], name="floor", kind="floor"))
    chosen = tools("temporal_flicker", "psnr")
    outcomes = measure_all(methods, chosen, tmp_path / "s", workers=1)
    summary = summarise(methods, chosen, outcomes, resamples=50)
    text = "no sound track: what needs the sound is not measured"
    assert summary["remarks"] == [{"method": "ours", "clip": "a", "remark": text}]
    write_results(tmp_path, summary, methods, chosen, outcomes)
    with (tmp_path / "clips.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["remarks"] for row in rows} == {text}
    assert json.loads((tmp_path / "summary.json").read_text())["remarks"] == summary["remarks"]
    html = page("t", summary, [])
    assert "<h2>Remarks</h2>" in html
    assert "<h2>What was not computed</h2>" in html
    assert "<td>PSNR</td><td>ours</td><td>PSNR needs the ground-truth clip</td>" in html
    there = importlib.util.find_spec("pyarrow") is not None
    assert (tmp_path / "clips.parquet").is_file() == there
    if there:
        table = importlib.import_module("pyarrow.parquet").read_table(tmp_path / "clips.parquet")
        assert table.column("metric").to_pylist() == [row["metric"] for row in rows]
        assert table.column("value").to_pylist()[0] == float(rows[0]["value"])


def test_reasons_are_told_once() -> None:
    assert without_clip("clip a with b: no face") == "no face"
    assert without_clip("a.mp4: is empty") == "a.mp4: is empty"


def test_one_frame_shows_no_motion() -> None:
    one = attrs.evolve(CLIP, name="one", frames=FRAMES[:1], waveform=CLIP.waveform[:640])
    with pytest.raises(InputError, match="clip one: one frame shows no motion"):
        check_moves(one)
    for name in ("blink_rate", "head_pose_speed", "head_pose_spread", "beat_alignment"):
        with pytest.raises(InputError, match="one frame shows no motion"):
            tools(name)[0].metric.measure(one, None)


def test_leakage_from_a_manifest(tmp_path: Path) -> None:
    rows = [
        {"generated": "a.mp4", "motion": "m.mp4"},
        {"generated": "b.mp4"},
    ]
    (tmp_path / "pairs.json").write_text(json.dumps(rows))
    (method,) = from_manifest(tmp_path / "pairs.json")
    leak = leaking(method)
    assert leak is not None
    assert (leak.kind, leak.hears_only, leak.name) == (
        "leakage", True, "generated, motion source",
    )  # fmt: skip
    (sample,) = leak.samples
    assert sample.reference == VideoSource(tmp_path / "m.mp4")
    assert leaking(attrs.evolve(method, samples=method.samples[1:])) is None
