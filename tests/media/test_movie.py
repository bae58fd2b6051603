from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from styletalker.core.errors import InputError, MediaError
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.writer import VideoWriter
from support.media import lag, noise, number_of, pictures, write_movie, write_sound


def numbers(path: Path, fps: float | Fraction = 25) -> list[int]:
    return [number_of(picture) for picture in MovieFile.open(path).frames(fps=fps)]


def test_the_same_rate_gives_the_same_frames(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", [40 * number for number in range(30)])
    assert numbers(tmp_path / "a.mp4") == list(range(30))


def test_facts(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", [40 * number for number in range(30)])
    movie = MovieFile.open(str(tmp_path / "a.mp4"))
    assert (movie.height, movie.width, movie.has_sound) == (32, 48, False)
    assert movie.audio() is None
    facts = movie.facts
    assert facts.duration_s == Fraction(6, 5)
    assert facts.fps == 25
    assert (facts.height, facts.width) == (32, 48)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_half_and_double_the_rate(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write_movie(path, [20 * number for number in range(20)], length=20)
    assert numbers(path) == list(range(0, 20, 2))
    assert numbers(path, 50) == list(range(20))
    # at 100 fps every second frame lies in the middle of two: the earlier one is taken
    assert numbers(path, 100) == [number // 2 for number in range(40)]


@pytest.mark.parametrize("fps", [10, 24, Fraction(30000, 1001), 60])
def test_any_rate_takes_the_nearest_frame(tmp_path: Path, fps: float) -> None:
    stamps = [0, 30, 75, 80, 200, 210, 333, 400, 401, 600]  # a variable rate, in milliseconds
    write_movie(tmp_path / "a.mp4", stamps)
    given = numbers(tmp_path / "a.mp4", fps)
    rate = Fraction(fps)
    duration = MovieFile.open(tmp_path / "a.mp4").facts.duration_s
    assert Fraction(600, 1000) < duration <= Fraction(680, 1000)
    assert len(given) == round(float(duration * rate))
    for index, number in enumerate(given):
        distances = [abs(Fraction(stamp, 1000) - index / rate) for stamp in stamps]
        assert number == distances.index(min(distances))


def test_a_video_that_is_shorter_than_a_frame(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", [0])
    assert numbers(tmp_path / "a.mp4", 1) == [0]


def test_rotation(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    image = np.zeros((32, 48, 3), np.uint8)
    image[:16, :24] = 255  # top left
    with VideoWriter(path, fps=25) as writer:
        writer.write(image)
    content = path.read_bytes()
    start = content.index(b"tkhd") + 4 + 40
    # turned 90 degrees clockwise when it is shown: x' = -y, y' = x
    matrix = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 32 << 16, 0, 1 << 30)
    path.write_bytes(content[:start] + matrix + content[start + 36 :])
    movie = MovieFile.open(path)
    assert (movie.height, movie.width) == (48, 32)
    (shown,) = movie.frames()
    wanted = np.rot90(image, -1)
    assert np.abs(shown.astype(int) - wanted).mean() < 5


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    import av

    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        track = container.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 48, 32, "yuv420p"
        track.codec_context.sample_aspect_ratio = Fraction(4, 3)
        frame = av.VideoFrame.from_ndarray(next(pictures(1)), format="rgb24")
        container.mux(track.encode(frame))
        container.mux(track.encode())
    movie = MovieFile.open(path)
    assert (movie.height, movie.width) == (32, 64)
    assert next(movie.frames()).shape == (32, 64, 3)


def test_its_sound(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", "pcm_s16le", noise(1.0, 16000), 16000)
    with VideoWriter(tmp_path / "a.mp4", fps=25, sound=tmp_path / "a.wav") as writer:
        for picture in pictures(25):
            writer.write(picture)
    sound = MovieFile.open(tmp_path / "a.mp4").audio()
    assert sound is not None
    read = sound.read(sample_rate=16000)
    assert len(read) == 16000
    assert lag(noise(1.0, 16000), read) == 0


def test_frames_are_read_one_at_a_time(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", [40 * number for number in range(30)])
    reader = MovieFile.open(tmp_path / "a.mp4").frames()
    assert number_of(next(reader)) == 0
    reader.close()  # type: ignore[attr-defined]


def test_what_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        MovieFile.open(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="is a folder"):
        MovieFile.open(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match="is empty"):
        MovieFile.open(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_bytes(b"hello" * 99)
    with pytest.raises(MediaError, match="is not a readable audio or video file"):
        MovieFile.open(tmp_path / "a.mp4")
    write_sound(tmp_path / "a.wav", "pcm_s16le", noise(0.1, 8000), 8000)
    with pytest.raises(MediaError, match="has no video; it holds sound only"):
        MovieFile.open(tmp_path / "a.wav")
    Image.new("RGB", (16, 16)).save(tmp_path / "a.png")
    with pytest.raises(MediaError, match="is a still picture; expected a video"):
        MovieFile.open(tmp_path / "a.png")


def test_a_rate_out_of_range(tmp_path: Path) -> None:
    write_movie(tmp_path / "a.mp4", [0])
    for fps in (0, -25, float("nan"), 1e9):
        with pytest.raises(InputError, match="frame rate; expected above 0"):
            MovieFile.open(tmp_path / "a.mp4").frames(fps=fps)


def test_large_frames_are_shrunk_to_a_longer_side(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with VideoWriter(path, fps=25) as writer:
        for level in (40, 200):
            writer.write(np.full((64, 96, 3), level, np.uint8))
    movie = MovieFile.open(path)
    small = list(movie.frames(largest=48))
    assert [frame.shape for frame in small] == [(32, 48, 3)] * 2
    assert [round(float(frame.mean()) / 40) for frame in small] == [1, 5]
    assert [frame.shape for frame in movie.frames(largest=96)] == [(64, 96, 3)] * 2
    with pytest.raises(InputError, match="largest; expected 1 pixel or more"):
        movie.frames(largest=0)


def test_a_damaged_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    rng = np.random.default_rng(0)
    with VideoWriter(path, fps=25) as writer:
        for _ in range(50):
            writer.write(rng.integers(0, 256, (32, 48, 3), np.uint8))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        MediaError, match=r"video ends after [01]\.\d\d s of 2\.00 s\. The file is cut or damaged"
    ):
        list(MovieFile.open(path).frames())
    path.write_bytes(content[:200])
    with pytest.raises(MediaError, match="holds neither sound nor video, or is damaged"):
        MovieFile.open(path)
