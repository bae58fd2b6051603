from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from styletalker.core.errors import InputError, MediaError
from styletalker.core.media.audio_file import AudioFile, is_silent
from support.media import lag, noise, write_sound

RATE = 44100
SECONDS = 2.003


def make(folder: Path, name: str, codec: str, file_rate: int | None = None) -> Path:
    path = folder / name
    write_sound(path, codec, noise(SECONDS, RATE), RATE, file_rate=file_rate)
    return path


@pytest.mark.parametrize(
    ("name", "codec", "file_rate"),
    [
        ("a.wav", "pcm_s16le", None),
        ("deep.wav", "pcm_s24le", None),
        ("float.wav", "pcm_f32le", None),
        ("bytes.wav", "pcm_u8", None),
        ("a.flac", "flac", None),
        ("a.m4a", "aac", None),
        ("a.mkv", "aac", None),
        ("a.mp3", "libmp3lame", None),
        ("a.opus", "libopus", 48000),
        ("a.webm", "libopus", 48000),
    ],
)
def test_timing_and_length_of_every_kind(
    tmp_path: Path, name: str, codec: str, file_rate: int | None
) -> None:
    sound = AudioFile.open(make(tmp_path, name, codec, file_rate))
    read = sound.read(sample_rate=RATE)
    wanted = noise(SECONDS, RATE)
    assert read.dtype == np.float32
    assert abs(lag(wanted, read)) <= 1
    slack = 1100 if name == "a.mkv" else 60  # Matroska does not tell where AAC's padding begins
    assert -2 <= len(read) - len(wanted) <= slack
    size = min(len(read), len(wanted))
    error = float(np.std(read[:size] - wanted[:size]) / np.std(wanted))
    assert error < (0.001 if codec in ("flac", "pcm_s24le", "pcm_f32le") else 0.25)
    assert sound.facts.duration_s == Fraction(sound.count_samples(), sound.sample_rate)
    assert sound.sample_rate == (file_rate or RATE)


def test_facts(tmp_path: Path) -> None:
    path = tmp_path / "two.wav"
    write_sound(path, "pcm_s16le", np.zeros((2, 96001), np.float32), 96000)
    facts = AudioFile.open(str(path)).facts
    assert facts.path == path
    assert facts.duration_s == Fraction(96001, 96000)
    assert (facts.sample_rate, facts.channels, facts.codec) == (96000, 2, "pcm_s16le")


def test_mono_is_the_mean_of_the_channels(tmp_path: Path) -> None:
    left, right = noise(0.5, 16000, 1), noise(0.5, 16000, 2)
    write_sound(tmp_path / "a.wav", "pcm_f32le", np.stack([left, right]), 16000)
    read = AudioFile.open(tmp_path / "a.wav").read(sample_rate=16000)
    np.testing.assert_allclose(read, (left + right) / 2, atol=1e-6)


def test_loud_samples_are_clipped(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", "pcm_f32le", np.full(800, 3.0, np.float32), 8000)
    sound = AudioFile.open(tmp_path / "a.wav")
    assert sound.read(sample_rate=8000).tolist() == [1.0] * 800
    assert np.abs(sound.read(sample_rate=16000)).max() == 1.0


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_resampling_keeps_a_tone(tmp_path: Path, rate: int) -> None:
    time = np.arange(rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    write_sound(tmp_path / "a.wav", "pcm_f32le", np.stack([tone, tone]), rate)
    read = AudioFile.open(tmp_path / "a.wav").read(sample_rate=16000)
    assert len(read) == 16000
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(read - wanted)[200:-200].max() < 2e-3


def test_the_block_length_changes_nothing(tmp_path: Path) -> None:
    sound = AudioFile.open(make(tmp_path, "a.m4a", "aac"))
    whole = sound.read(sample_rate=16000)
    for seconds in (0.013, 0.5, 7.0):
        blocks = list(sound.blocks(sample_rate=16000, seconds=seconds))
        assert {len(block) for block in blocks[:-1]} <= {round(seconds * 16000)}
        np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", "pcm_s16le", np.zeros(60 * 48000, np.float32), 48000)
    sound = AudioFile.open(tmp_path / "a.wav")
    tracemalloc.start()
    try:
        total = sum(len(block) for block in sound.blocks(sample_rate=16000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 60 * 16000
    assert peak < 2_000_000  # a minute of it takes 11.5 MB


def test_sound_that_begins_later_is_preceded_by_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=25, options={"bf": "0"})
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        track = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        for number in range(25):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        samples = (noise(0.5, 16000)[None] * 32767).astype(np.int16)
        piece = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        piece.sample_rate, piece.time_base, piece.pts = 16000, Fraction(1, 16000), 4000
        container.mux(track.encode(piece))
        container.mux(track.encode())
    read = AudioFile.open(path).read(sample_rate=16000)
    assert len(read) == 12000
    assert not read[:4000].any()
    np.testing.assert_allclose(read[4000:], noise(0.5, 16000), atol=1e-4)


def test_silence_is_allowed_and_told(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", "pcm_s16le", np.zeros(16000, np.float32), 16000)
    read = AudioFile.open(tmp_path / "a.wav").read(sample_rate=16000)
    assert is_silent(read)
    assert is_silent(np.full(10, 0.0009, np.float32))
    assert not is_silent(np.full(10, 0.0011, np.float32))
    assert is_silent(np.zeros(0, np.float32))


def test_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "speech.wav").write_bytes(b"x")
    with pytest.raises(InputError, match=r"speach\.wav: no such file; did you mean 'speech\.wav'"):
        AudioFile.open(tmp_path / "speach.wav")
    with pytest.raises(InputError, match="no such file, nor its folder"):
        AudioFile.open(tmp_path / "nowhere" / "speech.wav")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        AudioFile.open(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"\x00\x01\x02\x03" * 999, "is not a readable audio or video file"),
        (b"Hello, this is a letter.\n" * 99, "is (not a readable|a text)"),
    ],
)
def test_what_is_no_sound(tmp_path: Path, content: bytes, message: str) -> None:
    for name in ("a.wav", "a.txt"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MediaError, match=message):
            AudioFile.open(tmp_path / name)


def test_a_picture_has_no_sound(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(MediaError, match="has no sound; it holds pictures only"):
        AudioFile.open(tmp_path / "a.png")


def test_no_samples(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", "pcm_s16le", np.zeros(8, np.float32), 8000)
    header = (tmp_path / "a.wav").read_bytes()[:-16]
    (tmp_path / "a.wav").write_bytes(header[:-4] + bytes(4))
    with pytest.raises(MediaError, match=r"holds no samples|not a readable"):
        AudioFile.open(tmp_path / "a.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_not_finite(tmp_path: Path, value: float) -> None:
    waveform = noise(2.0, 16000)
    waveform[20000] = value
    write_sound(tmp_path / "a.wav", "pcm_f32le", waveform, 16000)
    sound = AudioFile.open(tmp_path / "a.wav")
    with pytest.raises(MediaError, match=r"samples after 1\.\d\d s are not finite"):
        sound.read(sample_rate=16000)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame")])
def test_a_cut_recording_is_read_to_its_end(tmp_path: Path, name: str, codec: str) -> None:
    path = make(tmp_path, name, codec)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 + 3])
    read = AudioFile.open(path).read(sample_rate=RATE)
    assert 0.9 < len(read) / RATE < 1.1
    assert lag(noise(SECONDS, RATE), read) == 0


def test_a_hole_in_the_middle(tmp_path: Path) -> None:
    path = make(tmp_path, "a.mp3", "libmp3lame")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) * 3 // 4] = bytes(len(content) // 4)
    path.write_bytes(content)
    sound = AudioFile.open(path)
    with pytest.raises(MediaError, match=r"cannot be decoded after (0\.9|1\.0)\d s"):
        sound.read(sample_rate=16000)
    with pytest.raises(MediaError, match="cannot be decoded after"):
        sound.count_samples()


def test_a_cut_file_that_knows_its_length(tmp_path: Path) -> None:
    path = make(tmp_path, "a.webm", "libopus", 48000)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError, match=r"the sound ends after \d\.\d\d s of 2\.\d\d s"):
        AudioFile.open(path).read(sample_rate=16000)


def test_options_out_of_range(tmp_path: Path) -> None:
    sound = AudioFile.open(make(tmp_path, "a.wav", "pcm_s16le"))
    for rate in (0, -16000):
        with pytest.raises(InputError, match="sample_rate; expected 1 to"):
            sound.read(sample_rate=rate)
    for seconds in (0.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="seconds; expected a length above 0"):
            sound.blocks(sample_rate=16000, seconds=seconds)


def test_names_that_ffmpeg_would_take_for_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = make(tmp_path, "a.wav", "pcm_s16le").rename(tmp_path / "pipe:0%d.wav")
    assert AudioFile.open(Path(path.name)).count_samples() == round(SECONDS * RATE)
