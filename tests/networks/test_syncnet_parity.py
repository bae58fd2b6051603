"""``syncnet``, ``wav2lip_expert`` and their front ends against numbers of the public code.

The cases are read from the folder in STYLETALKER_PARITY, or from the copies in ``tests/parity``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import python_speech_features
import torch
from styletalker.core.errors import CheckpointError
from styletalker.core.registry import Registry
from styletalker.core.weights_file.report import describe_file
from styletalker.plugins.syncnet.config import SyncNetConfig
from styletalker.plugins.syncnet.discriminator import SyncNet
from styletalker.plugins.syncnet.fast import fast_streams
from styletalker.plugins.syncnet.front_end import mfcc
from styletalker.plugins.syncnet.network import SyncNetNetwork
from styletalker.plugins.syncnet.scoring import Streams, compare, features_of
from styletalker.plugins.wav2lip_expert.config import Wav2LipExpertConfig
from styletalker.plugins.wav2lip_expert.discriminator import Wav2LipExpert
from styletalker.plugins.wav2lip_expert.front_end import (
    linear_spectrogram,
    mel_filters,
    mel_spectrogram,
)
from styletalker.plugins.wav2lip_expert.generator import load_quality, load_wav2lip
from support.parity import Case


def public_syncnet(case: Case, folder: Path) -> SyncNetNetwork:
    """The network, from a file in the public layout, by the component that a recipe would build."""
    path = folder / "syncnet_v2.model"
    torch.save(case.tensors(), path)
    size = case.facts["constructor"]["num_layers_in_fc_layers"]
    config = SyncNetConfig(public_file=str(path), embedding_dim=size)
    return SyncNet(config).eval().network


@torch.no_grad()
def test_syncnet_embed(tmp_path: Path) -> None:
    case = Case("syncnet_embed")
    network = public_syncnet(case, tmp_path)
    lip, heard = torch.from_numpy(case.input("lip")), torch.from_numpy(case.input("mfcc"))
    given = {
        "lip": network.video(lip)[:, 0],
        "lipfeat": network.video_hidden(lip)[:, 0],
        "audio": network.audio(heard),
    }
    assert set(given) == {output["name"] for output in case.facts["outputs"]}
    for name, value in given.items():
        case.compare(name, value)


@pytest.mark.parametrize("way", ["plain", "fast"])
def test_syncnet_evaluate(tmp_path: Path, way: str) -> None:
    case = Case("syncnet_evaluate")
    network = public_syncnet(case, tmp_path)
    streams = Streams.plain(network) if way == "plain" else fast_streams(network)
    samples = case.input("audio")
    seen, heard = features_of(streams, case.input("video"), samples)
    score = compare(seen, heard)
    given = {
        "offset": score.offset_frames,
        "min_dist": score.distance,
        "confidence": score.confidence,
        "mean_dist_per_shift": score.mean_distances,
        "dist_per_frame_and_shift": score.distances,
        "framewise_conf_medfilt9": score.confidence_by_frame,
        "video_feat": seen,
        "audio_feat": heard,
        "mfcc": mfcc(samples),
    }
    assert set(given) == {output["name"] for output in case.facts["outputs"]}
    for name, value in given.items():
        case.compare(name, value)


@pytest.mark.parametrize("name", ["syncnet_offset_math_plus4", "syncnet_offset_math_minus7"])
def test_syncnet_offset_math(name: str) -> None:
    case = Case(name)
    shift = case.facts["constructor"]["shift"]
    features, noise = case.input("feat"), case.input("noise")
    low = abs(shift)
    seen = features[low : low + len(noise)]
    start = low - shift
    heard = (features[start : start + len(noise)] + np.float32(0.5) * noise).astype("float32")
    score = compare(seen, heard, most=case.facts["constructor"]["vshift"])
    given: dict[str, Any] = {
        "offset": score.offset_frames,
        "min_dist": score.distance,
        "confidence": score.confidence,
        "mean_dist_per_shift": score.mean_distances,
    }
    assert set(given) == {output["name"] for output in case.facts["outputs"]}
    for output, value in given.items():
        case.compare(output, value)


def test_psf_mfcc() -> None:
    case = Case("psf_mfcc")
    samples = case.input("audio")
    case.compare("mfcc", mfcc(samples))
    case.compare("mfcc_of_float", python_speech_features.mfcc(samples / 32768, 16000))
    case.compare("logfbank", python_speech_features.logfbank(samples, 16000))


@torch.no_grad()
def test_wav2lip_syncnet(tmp_path: Path) -> None:
    case = Case("wav2lip_syncnet")
    path = tmp_path / "lipsync_expert.pth"
    state = {f"module.{name}": value for name, value in case.tensors().items()}
    torch.save({"state_dict": state, "optimizer": None, "global_step": 1, "global_epoch": 0}, path)
    network = Wav2LipExpert(Wav2LipExpertConfig(public_file=str(path))).eval().network
    heard, seen = network(torch.from_numpy(case.input("mel")), torch.from_numpy(case.input("face")))
    case.compare("audio", heard)
    case.compare("face", seen)
    case.compare("cosine", torch.nn.functional.cosine_similarity(heard, seen))


def written(case: Case, path: Path) -> Path:
    """The case's weights in a file as Wav2Lip's training writes it."""
    state = {f"module.{name}": value for name, value in case.tensors().items()}
    moments = {"state": {0: {"exp_avg": torch.ones(2)}}}
    torch.save({"state_dict": state, "optimizer": moments, "global_step": 1}, path)
    return path


@torch.no_grad()
def test_wav2lip_generator(tmp_path: Path) -> None:
    case = Case("wav2lip_gen")
    path = written(case, tmp_path / "wav2lip_gan.pth")
    (held,) = describe_file(path, Registry.installed())["holds"]
    assert (held["family"], held["part"]) == ("wav2lip-generator", "state_dict")
    mel, face = (torch.from_numpy(case.input(name)) for name in ("mel", "face"))
    case.compare("image", load_wav2lip(path)(mel, face))


@torch.no_grad()
def test_wav2lip_quality(tmp_path: Path) -> None:
    case = Case("wav2lip_disc_qual")
    path = written(case, tmp_path / "visual_quality_disc.pth")
    (held,) = describe_file(path, Registry.installed())["holds"]
    assert held["family"] == "wav2lip-quality"
    case.compare("prob", load_quality(path)(torch.from_numpy(case.input("face"))))
    with pytest.raises(CheckpointError, match="is not for this Wav2LipNetwork"):
        load_wav2lip(path)


def test_wav2lip_mel() -> None:
    case = Case("wav2lip_mel")
    samples = (case.input("audio") / np.float32(32768)).astype("float32")
    given = {
        "mel_reflect": mel_spectrogram(samples),
        "mel_constant": mel_spectrogram(samples, "constant"),
        "linear_reflect": linear_spectrogram(samples),
        "mel_basis": mel_filters(),
    }
    assert set(given) == {output["name"] for output in case.facts["outputs"]}
    for name, value in given.items():
        case.compare(name, value)
