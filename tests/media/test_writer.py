from __future__ import annotations

import itertools
import resource
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from styletalker.core.errors import InputError, MediaError, RunError
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.video import read_frames, write_video
from styletalker.core.media.writer import (
    FrameSink,
    FrameWriter,
    VideoWriter,
    Waveform,
    open_writer,
    retimed,
)
from support.media import lag, noise, number_of, pictures, write_sound

RATE = 44100
SECONDS = 2.013  # 50 frames take 2.0 s


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def fill(writer: FrameSink, frames: Iterable[Any]) -> None:
    with writer:
        for frame in frames:
            writer.write(frame)


def make_sound(folder: Path, name: str, codec: str) -> Path:
    path = folder / name
    rate = 48000 if codec == "libopus" else RATE
    write_sound(path, codec, noise(SECONDS, RATE), RATE, file_rate=rate)
    return path


@pytest.mark.parametrize("quality", ["playable", "high", "lossless"])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
def test_pictures_come_back(tmp_path: Path, suffix: str, quality: Any) -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (6, 4, 6, 3), np.uint8)
    frames = coarse.repeat(8, 1).repeat(8, 2)
    path = tmp_path / f"a.{suffix}"
    with VideoWriter(path, fps=25, quality=quality) as writer:
        for frame in frames:
            writer.write(frame)
    movie = MovieFile.open(path)
    assert movie.facts.duration_s == Fraction(6, 25)
    read = np.stack(list(movie.frames()))
    error = np.abs(read.astype(int) - frames).mean()
    assert error <= {"playable": 12, "high": 4, "lossless": 0}[quality]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("suffix", "name", "codec", "copied"),
    [
        ("mp4", "s.wav", "pcm_s16le", False),
        ("mp4", "s.m4a", "aac", True),
        ("mp4", "s.mp3", "libmp3lame", True),
        ("mp4", "s.opus", "libopus", False),
        ("mov", "s.m4a", "aac", True),
        ("mov", "s.flac", "flac", False),
        ("mkv", "s.wav", "pcm_s16le", False),
        ("mkv", "s.flac", "flac", True),
        ("mkv", "s.opus", "libopus", True),
        ("mkv", "s.m4a", "aac", False),
        ("webm", "s.opus", "libopus", True),
        ("webm", "s.wav", "pcm_s16le", False),
        ("webm", "s.m4a", "aac", False),
    ],
)
def test_the_sound_keeps_its_timing(
    tmp_path: Path, suffix: str, name: str, codec: str, copied: bool
) -> None:
    source = make_sound(tmp_path, name, codec)
    path = tmp_path / f"a.{suffix}"
    fill(VideoWriter(path, fps=25, sound=source), pictures(50))
    movie = MovieFile.open(path)
    assert movie.facts.duration_s == 2
    assert [number_of(picture) for picture in movie.frames()] == [n % 32 for n in range(50)]
    sound = movie.audio()
    assert sound is not None
    read, wanted = sound.read(sample_rate=RATE), AudioFile.open(source).read(sample_rate=RATE)
    assert lag(wanted, read) == 0
    packet = Fraction(1024, RATE)  # only Matroska cannot cut in the middle of one
    slack = packet if suffix in ("mkv", "webm") else Fraction(1, 500)
    assert abs(sound.facts.duration_s - 2) <= slack
    size = min(len(read), len(wanted), 2 * RATE) - 3000
    assert np.std(read[:size] - wanted[:size]) / np.std(wanted) < 0.3
    original = packets(source)
    same = sum(a == b for a, b in zip(packets(path), original, strict=False))
    assert (same >= len(original) - 3) is copied


def test_sound_starts_with_the_pictures_in_the_file(tmp_path: Path) -> None:
    source = make_sound(tmp_path, "s.wav", "pcm_s16le")
    path = tmp_path / "a.mp4"
    fill(VideoWriter(path, fps=25, sound=source), pictures(50))
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # a player need not seek
    with av.open(str(path)) as container:
        order = [
            (float(packet.dts * packet.time_base), packet.pos)
            for packet in container.demux()
            if packet.pos is not None and packet.dts is not None
        ]
    times = [time for time, _ in sorted(order, key=lambda entry: entry[1])]
    assert all(later - earlier > -0.1 for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_channels_and_rates(tmp_path: Path, suffix: str) -> None:
    planes = np.stack([noise(1.0, 8000, seed) for seed in range(6)])
    write_sound(tmp_path / "six.wav", "pcm_s16le", planes, 8000)
    write_sound(tmp_path / "two.wav", "pcm_s16le", planes[:2].repeat(24, 1)[:, :192000], 192000)
    for name, channels, rate in [("six.wav", 6, 8000), ("two.wav", 2, 96000)]:
        path = tmp_path / f"a.{suffix}"
        fill(VideoWriter(path, fps=25, sound=tmp_path / name), pictures(25))
        sound = AudioFile.open(path)
        assert sound.channels == channels
        assert sound.sample_rate == (rate if suffix == "mp4" else 48000)
        wanted = AudioFile.open(tmp_path / name).read(sample_rate=48000)
        read = sound.read(sample_rate=48000)
        assert abs(lag(wanted, read)) <= 2
        assert len(read) == 48000


def test_a_waveform_is_padded_and_cut(tmp_path: Path) -> None:
    for seconds in (0.5, 3.0):
        waveform = noise(seconds, 16000)
        write_video(tmp_path / "a.mp4", pictures(25), fps=25, waveform=waveform)
        sound = AudioFile.open(tmp_path / "a.mp4")
        assert sound.facts.duration_s == 1
        read = sound.read(sample_rate=16000)
        assert lag(waveform, read) == 0
        if seconds < 1:
            assert np.abs(read[9000:]).max() < 0.01


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    source = make_sound(tmp_path, "s.m4a", "aac")
    for suffix in ("mp4", "mov", "mkv", "webm", "gif"):
        contents = []
        for name in ("one", "two"):
            path = tmp_path / f"{name}.{suffix}"
            sound = None if suffix == "gif" else source
            fill(VideoWriter(path, fps=25, sound=sound), pictures(5))
            contents.append(path.read_bytes())
        assert contents[0] == contents[1], suffix


def test_gif(tmp_path: Path) -> None:
    fill(VideoWriter(tmp_path / "a.gif", fps=25), pictures(20))
    with Image.open(tmp_path / "a.gif") as image:
        assert (image.n_frames, image.info["duration"]) == (20, 40)  # type: ignore[attr-defined]
    read = list(MovieFile.open(tmp_path / "a.gif").frames())
    assert [number_of(picture) for picture in read] == list(range(20))


def test_odd_sizes(tmp_path: Path) -> None:
    for suffix in ("mp4", "webm", "gif"):
        fill(VideoWriter(tmp_path / f"a.{suffix}", fps=25, size=(33, 47)), pictures(3, 33, 47))
        assert read_frames(tmp_path / f"a.{suffix}").shape[1:3] == (33, 47)


def test_the_format_may_be_given(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.part", fps=25, format="webm") as writer:
        writer.write(next(pictures(1)))
    with av.open(str(tmp_path / "a.part")) as container:
        assert container.streams.video[0].codec_context.name == "vp9"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.mpg", {}, r"a\.mpg: the suffix does not tell .* a suffix among \.gif, \.mkv"),
        ("a", {}, "the suffix does not tell"),
        ("a.mp4", {"format": "mp5"}, "no such video format; did you mean 'mp4'"),
        ("a.mp4", {"fps": 0}, "frame rate; expected above 0"),
        ("a.mp4", {"sound": "none.wav"}, r"none\.wav: no such file"),
        ("a.gif", {"sound": "s.wav"}, "a GIF has no sound"),
    ],
)
def test_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: Any, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "s.wav", "pcm_s16le", noise(0.1, 8000), 8000)
    with pytest.raises(InputError, match=message):
        VideoWriter(Path("out") / name, **{"fps": 25, **options})
    assert [file.name for file in tmp_path.iterdir()] == ["s.wav"]


@pytest.mark.parametrize("quality", ["lossless", "best"])
def test_qualities_that_do_not_exist(tmp_path: Path, quality: Any) -> None:
    message = "cannot be lossless" if quality == "lossless" else "no such quality"
    with (
        pytest.raises(InputError, match=message),
        VideoWriter(tmp_path / "a.gif", fps=25, quality=quality) as writer,
    ):
        writer.write(next(pictures(1)))
    assert not list(tmp_path.iterdir())


def test_an_exception_leaves_nothing_and_the_old_file_stays(tmp_path: Path) -> None:
    source = make_sound(tmp_path, "s.wav", "pcm_s16le")
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")

    def use() -> None:
        with VideoWriter(path, fps=25, sound=source) as writer:
            for picture in pictures(10):
                writer.write(picture)
            raise OSError("unrelated")

    with pytest.raises(OSError, match="unrelated"):
        use()
    assert path.read_bytes() == b"old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4", "s.wav"]


def test_frames_that_do_not_fit(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "a.mp4", fps=25)
    writer.write(next(pictures(1)))
    with pytest.raises(InputError, match=r"frame 1 does not fit; expected uint8 \[32, 48, 3\]"):
        writer.write(np.zeros((32, 40, 3), np.uint8))
    with pytest.raises(InputError, match=r"frame 0 does not fit"):
        VideoWriter(tmp_path / "a.mp4", fps=25).write(np.zeros((32, 40), np.uint8))
    assert not list(tmp_path.iterdir())


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="at least one frame"):
        VideoWriter(tmp_path / "a.mp4", fps=25).close()
    with pytest.raises(MediaError, match="no frame"):
        FrameWriter(tmp_path / "frames").close()
    assert not list(tmp_path.iterdir())


def test_sound_that_breaks_in_the_middle(tmp_path: Path) -> None:
    waveform = noise(2.0, 16000)
    waveform[20000] = np.nan
    write_sound(tmp_path / "s.wav", "pcm_f32le", waveform, 16000)
    writer = VideoWriter(tmp_path / "a.mp4", fps=25, sound=tmp_path / "s.wav")
    with pytest.raises(MediaError, match="not finite"):
        fill(writer, pictures(50))
    assert [file.name for file in tmp_path.iterdir()] == ["s.wav"]


@pytest.fixture
def little_space() -> Iterator[None]:
    """No file may grow over 100 kB, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("little_space")
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "gif"])
def test_no_space(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(0)
    writer = VideoWriter(tmp_path / f"a.{suffix}", fps=25)
    with pytest.raises(RunError, match=rf"a\.{suffix}: cannot be written: File too large"):
        fill(writer, (rng.integers(0, 256, (96, 96, 3), np.uint8) for _ in range(40)))
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("little_space")
def test_no_space_for_pictures(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with (
        pytest.raises(RunError, match="frames: cannot be written: File too large"),
        FrameWriter(tmp_path / "frames") as writer,
    ):
        writer.write(rng.integers(0, 256, (256, 256, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for make in (lambda path: VideoWriter(path, fps=25), FrameWriter):
        with pytest.raises(RunError, match=r"cannot be written: (Not a directory|File exists)"):
            make(tmp_path / "file" / "a.mp4")
    (tmp_path / "b.mp4").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        VideoWriter(tmp_path / "b.mp4", fps=25)


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()  # an empty one will do
    with FrameWriter(folder) as writer:
        for picture in pictures(3):
            writer.write(picture)
        assert not list(folder.iterdir())
    assert sorted(file.name for file in folder.iterdir()) == [
        "frame-000000.png",
        "frame-000001.png",
        "frame-000002.png",
    ]
    with Image.open(folder / "frame-000002.png") as image:
        np.testing.assert_array_equal(np.asarray(image), list(pictures(3))[2])
    with pytest.raises(InputError, match=r"frames: the folder is not empty\. Name a new folder"):
        FrameWriter(folder)
    with pytest.raises(InputError, match="is a file; expected a folder"):
        FrameWriter(folder / "frame-000000.png")
    assert [file.name for file in tmp_path.iterdir()] == ["frames"]


def test_both_at_once(tmp_path: Path) -> None:
    fill(open_writer(tmp_path / "a.mp4", tmp_path / "frames", fps=25), pictures(3))
    assert len(list((tmp_path / "frames").iterdir())) == 3
    assert len(read_frames(tmp_path / "a.mp4")) == 3
    writer = open_writer(tmp_path / "b.mp4", tmp_path / "others", fps=25)
    with pytest.raises(InputError, match="frame 1 does not fit"):
        fill(writer, [np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)])
    with pytest.raises(InputError, match="suffix"):
        open_writer(tmp_path / "b.mpg", tmp_path / "others", fps=25)
    with pytest.raises(InputError, match="nothing to write"):
        open_writer(None, fps=25)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4", "frames"]
    assert isinstance(open_writer(tmp_path / "c.mp4", fps=25), VideoWriter)


@pytest.mark.parametrize("target", [5, 12.5, 24, 25, Fraction(30000, 1001), 60])
def test_another_rate_keeps_the_duration(target: float) -> None:
    total = 32
    given = [number_of(picture) for picture in retimed(pictures(total), 25, target, total)]
    assert len(given) == round(total * float(target) / 25)
    for index, number in enumerate(given):
        distances = [abs(Fraction(k, 25) - index / Fraction(target)) for k in range(total)]
        assert number == distances.index(min(distances))


def test_retiming_reads_one_frame_at_a_time() -> None:
    taken = []

    def count() -> Iterator[Any]:
        for picture in pictures(10):
            taken.append(number_of(picture))
            yield picture

    frames = retimed(count(), 25, 50, 10)
    next(frames)
    assert taken == [0]
    with pytest.raises(InputError, match="too few frames; expected 12, got '10'"):
        list(retimed(pictures(10), 25, 25, 12))
    with pytest.raises(InputError, match="number of frames; expected at least 1"):
        list(retimed(pictures(10), 25, 25, 0))


def test_a_waveform_counts_as_one_channel(tmp_path: Path) -> None:
    sound_in = Waveform(noise(1, 16000), 16000)
    fill(VideoWriter(tmp_path / "a.webm", fps=25, sound=sound_in), pictures(25))
    sound = AudioFile.open(tmp_path / "a.webm")
    assert sound.channels == 1
    assert sound.facts.duration_s == 1
    assert lag(noise(1, 16000), sound.read(sample_rate=16000)) == 0
