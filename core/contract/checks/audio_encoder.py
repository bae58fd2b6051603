"""Checks of audio encoders."""

from __future__ import annotations

from typing import Any

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import FRAMES
from styletalker.core.contract.expect import expect_input_error
from styletalker.core.contract.sizes import speech
from styletalker.core.contract.streaming import assert_constant_memory, assert_streams
from torch import Tensor


@torch.no_grad()
def check_shapes(case: Case) -> None:
    """A waveform [B, S] -> features [B, T, A], one per frame of video."""
    encoder = case.build().eval()
    hop = encoder.sample_rate // encoder.fps
    for frames in (1, FRAMES):
        audio = encoder(speech(2, frames * hop))
        wanted = (2, frames, encoder.audio_dim)
        assert audio.shape == wanted, f"audio has the shape {tuple(audio.shape)}, not {wanted}"


@torch.no_grad()
def check_look_ahead_is_kept(case: Case) -> None:
    """What is heard beyond the declared look-ahead changes nothing."""
    encoder = case.build().eval()
    hop, frame = encoder.sample_rate // encoder.fps, 2
    horizon = frame + encoder.look_ahead_frames + 1
    waveform = speech(1, (horizon + 4) * hop)
    changed = waveform.clone()
    changed[:, horizon * hop :] = speech(1, 4 * hop, seed=9)
    before, after = encoder(waveform)[:, : frame + 1], encoder(changed)[:, : frame + 1]
    assert torch.allclose(before, after, atol=1e-5), (
        f"feature {frame} depends on more than the declared {encoder.look_ahead_frames} frames "
        "beyond it"
    )


@torch.no_grad()
def check_streaming_equals_whole(case: Case) -> None:
    """Pieces of any size give the same features."""
    encoder = case.build().eval()
    hop = encoder.sample_rate // encoder.fps
    waveform = speech(2, 9 * hop)
    samples = waveform.shape[1]

    def step(piece: slice, state: Any) -> tuple[Tensor, Any]:
        features = encoder.stream(waveform[:, piece], state, final=piece.stop == samples)
        return features.audio, features.state

    assert_streams("audio", encoder(waveform), step, samples, (hop // 3 + 1, hop, 4 * hop, samples))


@torch.no_grad()
def check_memory_is_constant(case: Case) -> None:
    """The state of a stream does not grow with what was heard."""
    encoder = case.build().eval()
    hop = encoder.sample_rate // encoder.fps
    waveform = speech(1, 60 * hop)

    def step(piece: slice, state: Any) -> tuple[Tensor, Any]:
        features = encoder.stream(waveform[:, piece], state)
        return features.audio, features.state

    assert_constant_memory(step, 60 * hop, 20 * hop)


@torch.no_grad()
def check_empty_pieces(case: Case) -> None:
    """A piece without samples is allowed, also as the last."""
    encoder = case.build().eval()
    waveform = speech(1, 3 * encoder.sample_rate // encoder.fps)
    first = encoder.stream(waveform)
    last = encoder.stream(waveform[:, :0], first.state, final=True)
    frames = first.audio.shape[1] + last.audio.shape[1]
    assert frames == 3, f"3 frames of audio, flushed by an empty piece, gave {frames} features"


def check_wrong_lengths(case: Case) -> None:
    """A waveform that covers no whole number of frames is refused, also in a stream."""
    encoder = case.build().eval()
    odd = speech(1, 2 * encoder.sample_rate // encoder.fps + 1)
    expect_input_error(lambda: encoder(odd), "waveform")
    expect_input_error(lambda: encoder.stream(odd, final=True), "waveform")
    expect_input_error(lambda: encoder(odd[:, :0]), "waveform")
