"""A talker: which frames, how many, the same bits for any blocks, in constant memory."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.errors import CheckpointError, InputError, MediaError
from styletalker.core.generation.performance import GROUP
from styletalker.core.media.audio_file import AudioFile
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.video import read_frames, write_video
from styletalker.core.talker import Talker
from support.faces import puppet_clip
from support.media import lag, write_sound
from support.talker import (
    blocks_of,
    save_tiny_talker,
    speech,
    talker_registry,
    write_portrait,
    write_wav,
)

Frames = NDArray[np.uint8]


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Talker:
    folder = save_tiny_talker(tmp_path_factory.mktemp("talker") / "tiny")
    return Talker.from_pretrained(folder, talker_registry(), device="cpu")


@pytest.fixture(scope="module")
def face() -> Frames:
    frames: Frames = puppet_clip(0, frames=1).frames
    first: Frames = frames[0]
    return first


def frames_of(
    talker: Talker, face: Frames, waveform: NDArray[np.float32], **options: Any
) -> Frames:
    frames: Frames = np.stack(list(talker.talk(face, waveform, **options)))
    return frames


def mean_change(first: Frames, second: Frames) -> float:
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


def test_the_same_bits_for_any_blocks(talker: Talker, face: Frames) -> None:
    """Also where the last frame is not complete, and the last group not full."""
    waveform = speech(1.1)[:-200]
    once = frames_of(talker, face, waveform)
    assert once.shape == (27, 32, 32, 3)  # 27.19 frames
    assert len(once) % GROUP
    assert mean_change(once[1:], once[:-1]) > 0.3  # it moves
    for size in (97, 640, 641, 5000):
        again = list(talker.stream(face, blocks_of(waveform, size), crop="none"))
        assert np.array_equal(np.stack(again), once), f"blocks of {size}"


def test_a_frame_does_not_depend_on_how_long_the_sound_goes_on(
    talker: Talker, face: Frames
) -> None:
    long = frames_of(talker, face, speech(1.2))
    short = frames_of(talker, face, speech(1.2)[: 18 * 640])
    ahead = 3  # the encoder's look-ahead hears what comes
    assert np.array_equal(short[: 18 - ahead], long[: 18 - ahead])


def test_seeds_temperature_and_scale(talker: Talker, face: Frames) -> None:
    waveform = speech(0.6)
    first, same, other = (frames_of(talker, face, waveform, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert mean_change(first, other) > 0.3
    calm = [frames_of(talker, face, waveform, seed=seed, temperature=0.0) for seed in (1, 2)]
    assert np.array_equal(calm[0], calm[1])
    still = [frames_of(talker, face, waveform, seed=seed, motion_scale=0.0) for seed in (1, 2)]
    assert np.array_equal(still[0], still[1])
    half = frames_of(talker, face, waveform, seed=1, motion_scale=0.5)
    assert 0 < mean_change(half, still[0]) < mean_change(first, still[0])


def test_frames_come_while_the_sound_is_read(talker: Talker, face: Frames) -> None:
    read = itertools.count()
    blocks = (block for block in blocks_of(speech(4.0), 640) if next(read) >= 0)
    stream = talker.stream(face, blocks, crop="none")
    next(stream)
    assert next(read) <= GROUP + 5  # of 100 blocks
    assert sum(1 for _ in stream) == 99


def test_memory_does_not_grow(talker: Talker, face: Frames) -> None:
    """What is alive after 0.8 s and after 8 s of sound is the same."""

    def endless() -> Iterator[NDArray[np.float32]]:
        for index in itertools.count():
            yield speech(0.2, seed=index % 3)

    def alive() -> tuple[int, int]:
        gc.collect()
        tensors = [one for one in gc.get_objects() if issubclass(type(one), torch.Tensor)]
        return sum(one.nbytes for one in tensors), tracemalloc.get_traced_memory()[0]

    stream = talker.stream(face, endless(), crop="none")
    tracemalloc.start()
    try:
        for _ in range(20):
            next(stream)
        early = alive()
        for _ in range(180):
            next(stream)
        late = alive()
    finally:
        tracemalloc.stop()
    assert late[0] <= early[0]
    assert late[1] <= early[1] + 30_000  # a frame is 3 kB, its sound 2.5 kB: 180 would be 1 MB


@pytest.mark.parametrize(
    ("samples", "rate", "frames"),
    [(16000, 16000, 25), (15999, 16000, 25), (8321, 8000, 26), (8, 160, 1), (48481, 48000, 25)],
)
def test_exactly_round_duration_times_fps(
    talker: Talker, tmp_path: Path, samples: int, rate: int, frames: int
) -> None:
    if rate == 160:  # just over half a frame
        samples, rate = 161, 8000
    sound = write_wav(tmp_path / "s.wav", speech(samples / rate, rate), rate)
    assert AudioFile.open(sound).count_samples() == samples
    made = talker.generate(puppet_clip(0, 1).frames[0], sound, tmp_path / "o.mp4")
    assert made.frames == frames == round(Fraction(samples, rate) * 25)
    assert len(read_frames(tmp_path / "o.mp4")) == frames
    assert made.duration_s == pytest.approx(frames / 25)
    assert made.notes == ()


@pytest.mark.parametrize(("fps", "frames"), [(30, 31), (12.5, 13), (29.97, 31)])
def test_another_frame_rate(talker: Talker, tmp_path: Path, fps: float, frames: int) -> None:
    """1.04 s at the talker's 25 are 26 frames."""
    sound = write_wav(tmp_path / "s.wav", speech(1.04))
    made = talker.generate(puppet_clip(0, 1).frames[0], sound, tmp_path / "o.mp4", fps=fps)
    assert made.frames == frames == len(read_frames(tmp_path / "o.mp4"))
    assert MovieFile.open(tmp_path / "o.mp4").fps == pytest.approx(fps)


@pytest.mark.parametrize(("codec", "name"), [("aac", "s.m4a"), ("pcm_s16le", "s.wav")])
def test_the_given_sound_is_in_it_at_the_same_time(
    talker: Talker, tmp_path: Path, codec: str, name: str
) -> None:
    """Stereo at 44.1 kHz; AAC is copied, WAV encoded."""
    waveform = np.stack([speech(1.0, 44100, seed) for seed in (1, 2)])
    write_sound(tmp_path / name, codec, waveform, 44100)
    talker.generate(puppet_clip(0, 1).frames[0], tmp_path / name, tmp_path / "o.mp4")
    given, kept = AudioFile.open(tmp_path / name), AudioFile.open(tmp_path / "o.mp4")
    assert (kept.sample_rate, kept.channels, kept.codec) == (44100, 2, "aac")
    first, second = given.read(sample_rate=16000), kept.read(sample_rate=16000)
    assert lag(first, second) == 0
    assert abs(len(first) - len(second)) < 640


def test_frames_in_a_folder_are_those_of_the_stream(talker: Talker, tmp_path: Path) -> None:
    from styletalker.core.media.portrait import read_image

    portrait = write_portrait(tmp_path / "p.png")
    sound = write_wav(tmp_path / "s.wav", speech(0.5))
    made = talker.generate(portrait, sound, frames_dir=tmp_path / "frames", seed=4)
    files = sorted((tmp_path / "frames").iterdir())
    assert [file.name for file in files] == [f"frame-{t:06d}.png" for t in range(12)]
    assert (made.path, made.frames) == (None, 12)
    blocks = AudioFile.open(sound).blocks(sample_rate=16000, seconds=0.03)
    streamed = talker.stream(portrait, blocks, seed=4)
    for file, frame in zip(files, streamed, strict=True):
        assert np.array_equal(read_image(file), frame)


def test_motion_of_a_video(talker: Talker, tmp_path: Path, face: Frames) -> None:
    """Frames at 25 per second, one square; the seed does not matter; shorter motion goes on."""
    clip = puppet_clip(1, frames=20)
    write_video(tmp_path / "m.mkv", clip.frames, fps=25, quality="lossless")
    sound = write_wav(tmp_path / "s.wav", speech(1.2))
    options: dict[str, Any] = {"motion": tmp_path / "m.mkv", "crop": "auto"}
    made = [
        talker.generate(
            face, sound, tmp_path / f"{seed}.mkv", seed=seed, quality="lossless", **options
        )
        for seed in (1, 2)
    ]
    first, second = (read_frames(tmp_path / f"{seed}.mkv") for seed in (1, 2))
    assert np.array_equal(first, second)
    drawn = frames_of(talker, face, speech(1.2), seed=1)
    assert mean_change(first, drawn) > 0.3
    assert made[0].notes == (
        f"{tmp_path / 'm.mkv'}: the motion lasts 0.8 s of 1.2 s; then it goes back and forth",
    )


@pytest.mark.parametrize(
    ("end", "places"),
    [
        ("hold", [0, 1, 2, 2, 2, 2, 2]),
        ("loop", [0, 1, 2, 0, 1, 2, 0]),
        ("mirror", [0, 1, 2, 1, 0, 1, 2]),
    ],
)
def test_what_follows_a_motion(talker: Talker, face: Frames, end: str, places: list[int]) -> None:
    motion = 3 * np.eye(3, talker.motion_dim, dtype=np.float32)
    waveform = speech(7 / 25)
    found = frames_of(talker, face, waveform, motion=motion, motion_end=end)
    assert np.array_equal(found, frames_of(talker, face, waveform, motion=motion[places]))
    assert not np.array_equal(found, frames_of(talker, face, waveform, motion=motion[places[::-1]]))


def test_the_motion_of_a_long_video_comes_in_windows(talker: Talker) -> None:
    """It is near what one window over everything gives, and windows leave no frame out."""
    from styletalker.core.generation.networks import Networks

    assert isinstance(talker._networks, Networks)
    resized = puppet_clip(2, frames=150, resolution=32).frames
    found = talker.motion_of(iter(resized))
    frames = talker._networks.unit(resized)
    with torch.no_grad():
        person = talker._networks.invert(frames[:1])
        ws = talker._networks.track(frames, person)
        whole = talker._networks.motion_vae.encode(frames[None], ws[None]).mean[0].numpy()
    assert found.shape == whole.shape == (150, talker.motion_dim)
    assert np.abs(found - whole).max() < 0.05 * np.abs(whole).std()
    shifted = np.abs(found[1:] - whole[:-1]).mean()
    assert np.abs(found - whole).mean() < 0.1 * shifted
    assert np.array_equal(talker.motion_of(iter(resized[:10])).shape, (10, talker.motion_dim))


def test_silence_is_noticed(talker: Talker, tmp_path: Path, face: Frames) -> None:
    sound = write_wav(tmp_path / "s.wav", np.zeros(8000, np.float32))
    heard: list[str] = []
    made = talker.generate(face, sound, tmp_path / "o.mp4", say=heard.append)
    assert made.notes == (f"{sound}: the sound is silent; the lips will stay closed",)
    assert heard == list(made.notes)
    assert (tmp_path / "o.mp4").exists()


def test_wrong_arguments(talker: Talker, tmp_path: Path, face: Frames) -> None:
    waveform = speech(0.2)
    wrong = {
        "temperature": (-1.0, "temperature; expected at least 0, got -1.0"),
        "motion_scale": (float("nan"), "motion scale; expected at least 0, got nan"),
        "seed": (-1, "seed; expected 0 to 2^63 - 1, got -1"),
        "motion_end": ("holt", "no such motion end: 'holt'; did you mean 'hold'?"),
        "crop": ("atuo", "no such crop: 'atuo'; did you mean 'auto'?"),
        "motion": (np.zeros((3, 1), np.float32), "motion; expected [T, "),
    }
    for name, (value, text) in wrong.items():
        with pytest.raises(InputError) as caught:
            talker.talk(face, waveform, **{name: value})
        assert str(caught.value).startswith(text)
    with pytest.raises(InputError, match="too little sound"):
        list(talker.talk(face, waveform[:300]))
    with pytest.raises(InputError, match="not finite"):
        list(talker.talk(face, np.full(900, np.nan, np.float32)))
    sound = write_wav(tmp_path / "s.wav", waveform)
    with pytest.raises(InputError, match="nothing to write"):
        talker.generate(face, sound)
    with pytest.raises(InputError, match="is read and written"):
        talker.generate(face, sound, sound, format="mp4", overwrite=True)
    with pytest.raises(MediaError, match=r"too short for one frame; expected more than 0\.020 s"):
        talker.generate(face, write_wav(tmp_path / "t.wav", waveform[:300]), tmp_path / "o.mp4")
    assert not (tmp_path / "o.mp4").exists()


def test_output_that_is_not_finite_is_refused(tmp_path: Path, face: Frames) -> None:
    folder = save_tiny_talker(tmp_path / "tiny")
    broken = Talker.from_pretrained(folder, talker_registry(), device="cpu")
    with torch.no_grad():
        broken._networks.motion_vae.decoder.to_codes.bias.fill_(float("inf"))  # type: ignore[union-attr,operator]
    sound = write_wav(tmp_path / "s.wav", speech(0.4))
    with pytest.raises(CheckpointError, match="frames 0 to 3 are not finite"):
        broken.generate(face, sound, tmp_path / "o.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.wav", "tiny"]


def test_a_recipe_makes_a_talker(tmp_path: Path, face: Frames) -> None:
    """With the weights it names, and its options on top."""
    folder = save_tiny_talker(tmp_path / "tiny")
    from support.talker import chosen

    lines = [
        f"  {role}: {{type: {part.type}, weights: {folder / role}.safetensors}}"
        for role, part in chosen().items()
    ]
    (tmp_path / "r.yaml").write_text("components:\n" + "\n".join(lines) + "\n")
    made = Talker.from_recipe(tmp_path / "r.yaml", (), talker_registry(), device="cpu")
    saved = Talker.from_pretrained(folder, talker_registry(), device="cpu")
    waveform = speech(0.3)
    assert np.array_equal(frames_of(made, face, waveform), frames_of(saved, face, waveform))
