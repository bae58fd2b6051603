"""Checks at public borders."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from styletalker.core.checks import check_frame_count, check_shape
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError


def test_shapes() -> None:
    sizes = check_shape("audio", torch.zeros(2, 7, 5), "B T A", A=5)
    assert sizes == {"B": 2, "T": 7, "A": 5}
    assert check_shape("frames", np.zeros((1, 3, 4, 4)), "B 3 H H") == {"B": 1, "3": 3, "H": 4}


@pytest.mark.parametrize(
    ("shape", "axes", "sizes", "message"),
    [
        ((2, 7), "B T A", {}, "x has the wrong shape; expected [B, T, A], got (2, 7)"),
        (
            (2, 7, 4),
            "B T A",
            {"A": 5},
            "x has the wrong shape: axis A (audio features per frame) must be 5; "
            "expected [B, T, A], got (2, 7, 4)",
        ),
        (
            (1, 4, 8, 8),
            "B 3 H W",
            {},
            "x has the wrong shape: axis 3 must be 3; expected [B, 3, H, W], got (1, 4, 8, 8)",
        ),
        (
            (8, 9),
            "H H",
            {},
            "x has the wrong shape: axis H (image height in pixels) must be 8; "
            "expected [H, H], got (8, 9)",
        ),
    ],
)
def test_wrong_shapes(
    shape: tuple[int, ...], axes: str, sizes: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_shape("x", torch.zeros(shape), axes, **sizes)
    assert str(caught.value) == message


@given(st.integers(1, 10_000))
@settings(max_examples=50)
def test_frame_counts(frames: int) -> None:
    assert check_frame_count(frames * 640, 16000, 25) == frames
    with pytest.raises(InputError, match="waveform does not cover a whole number"):
        check_frame_count(frames * 640 + 1, 16000, 25)


def test_a_clip_refuses_audio_of_another_length() -> None:
    frames = np.zeros((3, 8, 8, 3), np.uint8)
    clip = Clip(name="c", identity="i", frames=frames, waveform=np.zeros(1920, np.float32))
    assert clip.duration_s == 0.12
    with pytest.raises(InputError) as caught:
        Clip(name="c", identity="i", frames=frames, waveform=np.zeros(1919, np.float32))
    assert str(caught.value) == (
        "clip c: audio and frames differ in length; expected 1920 samples for 3 frames, got 1919"
    )
    with pytest.raises(InputError, match=r"clip c: wrong frames; expected uint8 \[T, H, W, 3\]"):
        Clip(name="c", identity="i", frames=frames[:0], waveform=np.zeros(0, np.float32))
