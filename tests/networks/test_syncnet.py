"""``syncnet`` and ``wav2lip_expert``: files, losses, what they hear, and the fast pass."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from styletalker.core.errors import CheckpointError, InputError
from styletalker.core.public_files import VARIABLE
from styletalker.evaluation.sync import sync_offset
from styletalker.plugins.common.sync_pairs import wrong_pairs
from styletalker.plugins.syncnet.config import SyncNetConfig
from styletalker.plugins.syncnet.discriminator import SyncNet
from styletalker.plugins.syncnet.fast import fast_streams
from styletalker.plugins.syncnet.front_end import as_int16, mfcc, mfcc_windows
from styletalker.plugins.syncnet.network import SyncNetNetwork
from styletalker.plugins.syncnet.scoring import Streams, compare, features_of, window_count
from styletalker.plugins.syncnet.winograd import TileConvolution, minimal_filter
from styletalker.plugins.wav2lip_expert.config import Wav2LipExpertConfig
from styletalker.plugins.wav2lip_expert.discriminator import Wav2LipExpert
from styletalker.plugins.wav2lip_expert.front_end import (
    first_column,
    mel_spectrogram,
    mel_windows,
)
from torch import Tensor

SLIM = SyncNetConfig(divisor=16, embedding_dim=8)


def lively(seed: int = 0, divisor: int = 16) -> SyncNetNetwork:
    """A network whose batch normalisation does something, as that of trained weights does."""
    torch.manual_seed(seed)
    network = SyncNetNetwork(8, divisor)
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bias")):
            value.normal_(0, 0.2)
    network.netcnnlip[0].get_parameter("weight").data /= 64
    return network.eval()


def test_a_file_without_counters_and_in_the_old_format_is_read(tmp_path: Path) -> None:
    state = lively().state_dict()
    path = tmp_path / "syncnet_v2.model"
    counted = {name: v for name, v in state.items() if not name.endswith("num_batches_tracked")}
    torch.save(counted, path, _use_new_zipfile_serialization=False)
    loaded = SyncNet(SyncNetConfig(divisor=16, embedding_dim=8, public_file=str(path)))
    for name, value in loaded.network.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_wav2lip_names_lose_their_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Wav2LipExpertConfig(divisor=16)
    state = Wav2LipExpert(config).network.state_dict()
    content = {"state_dict": {f"module.{k}": v for k, v in state.items()}, "global_step": 3}
    torch.save(content, tmp_path / "lipsync_expert.pth")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    loaded = Wav2LipExpert(Wav2LipExpertConfig(divisor=16, public_file="")).network.state_dict()
    assert all(torch.equal(loaded[name], value) for name, value in state.items())


class _Trap:
    """What a malicious pickle is made of."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_would_run_code_is_refused(tmp_path: Path, zipped: bool) -> None:
    path, trap = tmp_path / "syncnet_v2.model", tmp_path / "ran"
    torch.save({"a": _Trap(trap)}, path, _use_new_zipfile_serialization=zipped)
    wanted = r"syncnet_v2\.model: is refused: it names (posix|nt)\.mkdir, and only tensors"
    with pytest.raises(CheckpointError, match=wanted):
        SyncNet(SyncNetConfig(public_file=str(path)))
    assert not trap.exists()


def test_other_files_are_named_for_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    with pytest.raises(
        CheckpointError, match=r"SyncNet v2.*is missing.*syncnet_v2\.model.*licence"
    ):
        SyncNet(SyncNetConfig(public_file=str(path)))
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match=r"other\.pth: is not a weight file of a known kind"):
        SyncNet(SyncNetConfig(public_file=str(path)))
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match=r"other\.pth: holds no tensors"):
        SyncNet(SyncNetConfig(public_file=str(path)))
    torch.save(lively().state_dict(), path)
    wrong = r"netcnnaud\.0\.weight has the shape \(4, 1, 3, 3\) instead of \(8, 1, 3, 3\)"
    with pytest.raises(CheckpointError, match=wrong):
        SyncNet(SyncNetConfig(divisor=8, embedding_dim=8, public_file=str(path)))
    torch.save({"fc.weight": torch.ones(1)}, path)
    with pytest.raises(CheckpointError, match=r"netcnnaud\.0\.weight \(4, 1, 3, 3\) is missing"):
        SyncNet(SyncNetConfig(divisor=16, embedding_dim=8, public_file=str(path)))


@torch.no_grad()
def test_the_fast_pass_equals_the_plain_one() -> None:
    """All windows, also those that do not fill a batch; the first layer's edges and padding."""
    network = lively()
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (28, 224, 224, 3)).astype(np.uint8)
    sound = rng.integers(-3000, 3000, 28 * 640).astype(np.int16)
    plain = features_of(Streams.plain(network), faces, sound)
    fast = features_of(fast_streams(network), faces, sound)
    for one, other in zip(plain, fast, strict=True):
        assert one.shape == (23, 8)
        assert np.abs(one - other).max() < 2e-5 * np.abs(one).max()
        assert one.std(0).min() > 1e-4  # windows differ: equal numbers mean something


@torch.no_grad()
@pytest.mark.parametrize(("tile", "taps", "padding"), [(4, 3, 1), (4, 4, 0), (4, 3, 0)])
def test_tile_convolution(tile: int, taps: int, padding: int) -> None:
    torch.manual_seed(0)
    pictures, weight = torch.randn(2, 13, 10, 3), torch.randn(5, 3, taps, taps)
    wanted = torch.nn.functional.conv2d(pictures.permute(0, 3, 1, 2), weight, padding=padding)
    given = TileConvolution(weight, tile=tile)(pictures, padding).permute(0, 3, 1, 2)
    assert torch.allclose(given, wanted, atol=1e-4)


def test_minimal_filter() -> None:
    signal, filters = np.arange(6.0) ** 2, np.array([1.0, -2, 4])
    outward, turn, inward = minimal_filter(4, 3)
    found = outward @ ((turn @ filters) * (inward @ signal))
    assert found == pytest.approx(np.correlate(signal, filters))


def test_windows_of_sound_are_those_of_their_frames() -> None:
    """MFCC: four columns a frame, 20 a window; the last reaches 15 ms beyond. Mel: 3.2 a frame."""
    columns = np.arange(40.0)[:, None].repeat(13, 1)
    windows = mfcc_windows(columns, 5)
    assert windows.shape == (5, 1, 13, 20)
    assert windows[3, 0, 7].tolist() == list(range(12, 32))
    assert len(mfcc(np.zeros(10 * 640, np.int16))) == 10 * 4 - 1
    assert [first_column(n) for n in range(6)] == [0, 3, 6, 9, 12, 16]
    mel = np.arange(40.0)[None].repeat(80, 0)
    assert mel_windows(mel, 3)[2, 0, 5].tolist() == list(range(6, 22))
    assert mel_spectrogram(np.zeros(3200)).shape == (80, 17)
    with pytest.raises(InputError, match="more than 400 samples, got 100"):
        mel_spectrogram(np.zeros(100))


def test_int16() -> None:
    given = np.array([-1, -0.5, 0, 1 / 32768, 1], np.float32)
    assert as_int16(given).tolist() == [-32768, -16384, 0, 1, 32767]


def test_offset_of_a_delay() -> None:
    """Sound that lags three frames behind gives -3, also at 60 windows; identical features 0."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(60, 32)).astype(np.float32)
    heard = np.concatenate([np.zeros((3, 32), np.float32), seen[:-3]])
    score = compare(seen, heard)
    assert score.offset_frames == -3
    assert score.distance < 2
    assert score.confidence > 4
    assert score.distances.shape == (60, 31)
    assert score.confidence_by_frame.shape == (60,)
    assert compare(seen, seen).offset_frames == 0
    with pytest.raises(InputError, match="do not belong together"):
        compare(seen, heard[1:])


def test_too_short_clips_and_other_faces_are_refused() -> None:
    assert window_count(100, 45 * 640) == 40
    with pytest.raises(InputError, match="at least 6 frames with sound, got 5"):
        window_count(5, 16000)
    faces = np.zeros((10, 96, 96, 3), np.uint8)
    with pytest.raises(InputError, match=r"expected uint8 \[T, 224, 224, 3\]"):
        features_of(Streams.plain(lively()), faces, np.zeros(6400, np.int16))


def fixed(discriminator: Any, video: Tensor, audio: Tensor) -> Any:
    """The same with given embeddings."""
    discriminator.embed_video = lambda frames: video
    discriminator.embed_audio = lambda waveform: audio
    return discriminator


def test_losses_are_what_they_are_called() -> None:
    """Of windows [1, 4, E] that are all right, and of ones that say nothing."""
    eye = torch.eye(8)[None, :4]
    frames, waveform = torch.zeros(1, 8, 3, 8, 8), torch.zeros(1, 8 * 640)
    net = fixed(SyncNet(SLIM), eye, eye)
    assert net.loss(frames, waveform).item() == pytest.approx(0)  # sqrt(2) apart: beyond the margin
    assert net.chance_level(2, 8) == 0.125
    half = torch.tensor([0.5, math.sqrt(0.75)])
    assert half.norm() == pytest.approx(1)
    near, far = torch.zeros(1, 4, 8), torch.zeros(1, 4, 8)
    near[..., 0] = 1
    far[..., :2] = torch.tensor([1 - 0.25 / 2, math.sqrt(1 - (1 - 0.25 / 2) ** 2)])  # 0.5 apart
    assert fixed(net, near, far).loss(frames, waveform).item() == pytest.approx(0.125)
    alone = fixed(SyncNet(SyncNetConfig(divisor=16, embedding_dim=8, negatives=False)), near, far)
    assert alone.loss(frames, waveform).item() == pytest.approx(0.125)
    expert = fixed(Wav2LipExpert(Wav2LipExpertConfig(divisor=8)), eye, eye)
    assert expert.loss(frames, waveform).item() == pytest.approx(0, abs=1e-5)
    both = torch.zeros(1, 4, 8)
    both[..., 0], both[..., 1] = half
    other = fixed(expert, near, both)
    assert other.loss(frames, waveform).item() == pytest.approx(math.log(2))
    assert other.chance_level(1, 8) == pytest.approx(math.log(2))
    with pytest.raises(InputError, match="does not belong to the frames"):
        fixed(net, eye, eye[:, 1:]).loss(frames, waveform)


def test_wrong_pairs_are_at_least_two_frames_away() -> None:
    audio = torch.arange(12.0).view(2, 6, 1)
    assert wrong_pairs(audio)[0, :, 0].tolist() == [3, 4, 5, 0, 1, 2]
    assert wrong_pairs(audio[:, :3])[0, :, 0].tolist() == [6, 7, 8]
    with pytest.raises(InputError, match="no wrong pairs"):
        wrong_pairs(audio[:1, :3])


@pytest.mark.parametrize("way", ["syncnet", "wav2lip_expert"])
def test_scoring_does_not_depend_on_the_pieces_of_sound(way: str) -> None:
    """More windows than fit into one piece: sound reaches beyond its frames here."""
    torch.manual_seed(0)
    network: Any = (
        SyncNet(SLIM) if way == "syncnet" else Wav2LipExpert(Wav2LipExpertConfig(divisor=16))
    )
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (72, 8, 8, 3)).astype(np.uint8)
    sound = rng.normal(0, 0.1, 72 * 640).astype(np.float32)
    score = sync_offset(network, frames, sound)
    with torch.no_grad():
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2)[None] / 127.5 - 1
        seen = network.eval().embed_video(pictures)[0]
        heard = network.embed_audio(torch.from_numpy(sound)[None])[0]
    assert score.similarity[15] == pytest.approx((seen * heard).sum(-1).mean().item(), abs=1e-5)


def test_gradients_reach_frames_through_frozen_weights() -> None:
    network = SyncNet(SyncNetConfig(divisor=16, embedding_dim=8, negatives=False)).eval()
    network.requires_grad_(requires_grad=False)
    frames = torch.rand(1, 6, 3, 16, 16).mul(2).sub(1).requires_grad_()
    torch.autograd.backward(network.loss(frames, torch.randn(1, 6 * 640) * 0.1))
    assert frames.grad is not None
    assert frames.grad.abs().sum() > 0
