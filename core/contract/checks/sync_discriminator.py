"""Checks of sync discriminators."""

from __future__ import annotations

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import video_and_speech
from styletalker.core.contract.expect import expect_input_error


@torch.no_grad()
def check_embeddings(case: Case) -> None:
    """Video and audio give as many unit vectors as there are windows."""
    discriminator = case.build().eval()
    frames, waveform = video_and_speech(discriminator, 2)
    windows = frames.shape[1] - discriminator.window_frames + 1
    embedded = {
        "embed_video": discriminator.embed_video(frames),
        "embed_audio": discriminator.embed_audio(waveform),
    }
    for name, value in embedded.items():
        wanted = (2, windows, discriminator.embedding_dim)
        assert value.shape == wanted, f"{name}() gives {tuple(value.shape)}, not {wanted}"
        length = value.norm(dim=-1)
        assert torch.allclose(length, torch.ones_like(length), atol=1e-4), (
            f"{name}() does not give unit vectors"
        )


@torch.no_grad()
def check_windows_are_where_they_should_be(case: Case) -> None:
    """Embedding n depends on the frames [n, n + window_frames) and their samples alone.

    And on the samples of ``audio_margin`` around them.
    """
    discriminator = case.build().eval()
    frames, waveform = video_and_speech(discriminator, 1)
    hop, window = discriminator.sample_rate // discriminator.fps, discriminator.window_frames
    changed = frames.clone()
    changed[:, 0] = -changed[:, 0]
    moved = discriminator.embed_video(changed) - discriminator.embed_video(frames)
    _assert_moved("embed_video", moved, range(1))
    louder = waveform.clone()
    louder[:, -hop:] = louder[:, -hop:].flip(1) * 0.5 + 0.1
    moved = discriminator.embed_audio(louder) - discriminator.embed_audio(waveform)
    last = frames.shape[1] - window
    near = -(-discriminator.audio_margin // hop)  # earlier ones that may reach into that frame
    _assert_moved("embed_audio", moved[:, : last - near], range(0))
    _assert_moved("embed_audio", moved[:, last:], range(1))


def _assert_moved(method: str, difference: torch.Tensor, wanted: range) -> None:
    moved = [n for n in range(difference.shape[1]) if difference[0, n].abs().amax() > 1e-5]
    assert moved == list(wanted), (
        f"{method}(): changing one frame at an end moves the embeddings {moved}, not {list(wanted)}"
    )


def check_chance_level(case: Case) -> None:
    """The loss of guessing is finite, above zero, and grows with the number of choices or stays."""
    discriminator = case.build().eval()
    frames = discriminator.window_frames + 3
    few, many = discriminator.chance_level(2, frames), discriminator.chance_level(8, frames)
    assert 0 < few <= many < 100, f"chance_level() gives {few} for 2 clips and {many} for 8"


def check_loss(case: Case) -> None:
    """The loss is a scalar, and its gradient reaches the frames."""
    discriminator = case.build().train()
    frames, waveform = video_and_speech(discriminator, 2)
    loss = discriminator.loss(frames.requires_grad_(), waveform)
    assert loss.shape == (), f"the loss has the shape {tuple(loss.shape)}, not ()"
    loss.backward()
    assert frames.grad is not None, "no gradient reaches the frames"
    assert frames.grad.any(), "the gradient that reaches the frames is zero"


def check_wrong_lengths(case: Case) -> None:
    """Too few frames, and a waveform that does not cover the frames, are refused."""
    discriminator = case.build().eval()
    frames, waveform = video_and_speech(discriminator, 2)
    short = frames[:, : discriminator.window_frames - 1]
    expect_input_error(lambda: discriminator.embed_video(short), "frames")
    expect_input_error(lambda: discriminator.embed_audio(waveform[:, :-1]), "waveform")
    hop = discriminator.sample_rate // discriminator.fps
    expect_input_error(lambda: discriminator.loss(frames, waveform[:, :-hop]), "waveform")
