"""The audio encoder ``mel``: look-ahead, constant memory, loudness."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from styletalker.core.errors import InputError
from styletalker.plugins.common.log_mel import FPS
from styletalker.plugins.mel.config import MelConfig
from styletalker.plugins.mel.encoder import MelEncoder
from styletalker.plugins.mel.level import Level, running_level
from torch import Tensor

_FRAME = 640


def _encoder(**options: int) -> MelEncoder:
    torch.manual_seed(0)
    defaults = {"audio_dim": 6, "bands": 16, "channels": 16, "layers": 3, "look_ahead_frames": 4}
    return MelEncoder(MelConfig(**{**defaults, **options})).eval()


def _speech(frames: int, seed: int = 0) -> Tensor:
    """Noise that is loud and soft in turn, about -20 dB."""
    generator = torch.Generator().manual_seed(seed)
    loudness = 0.02 + 0.2 * torch.rand(1, frames, generator=generator)
    noise = torch.randn(1, frames * _FRAME, generator=generator)
    return noise * loudness.repeat_interleave(_FRAME, 1)


def _bytes(state: Any) -> int:
    """Memory that a state keeps alive, views included."""
    tensors = (state.samples, state.level.power, state.level.weight, state.hidden, *state.kept)
    return sum(tensor.untyped_storage().nbytes() for tensor in tensors)


@torch.no_grad()
@pytest.mark.parametrize("ahead", [0, 1, 4, 7])
def test_reach_into_the_future_is_exactly_as_declared(ahead: int) -> None:
    """The first sample of frame t + ahead + 1 changes nothing; the one before it does."""
    encoder = _encoder(look_ahead_frames=ahead)
    waveform, frame = _speech(16), 5
    end = (frame + ahead + 1) * _FRAME
    before = encoder(waveform)
    for first, changes in ((end, False), (end - _FRAME, True)):
        changed = waveform.clone()
        changed[:, first : first + _FRAME] += _speech(1, seed=9)
        apart = (encoder(changed) - before)[:, : frame + 1].abs().amax().item()
        assert (apart > 1e-5) is changes, f"a change of {apart:g} from sample {first} on"


@torch.no_grad()
def test_stream_has_the_declared_delay_and_constant_memory() -> None:
    """Feature t comes with the end of frame t + ahead; the state never grows."""
    encoder, waveform = _encoder(), _speech(40)
    state, given, sizes = None, 0, set()
    for frame in range(40):
        features = encoder.stream(waveform[:, frame * _FRAME : (frame + 1) * _FRAME], state)
        state, given = features.state, given + features.audio.shape[1]
        assert given == max(0, frame + 1 - encoder.look_ahead_frames)
        if frame >= 10:
            sizes.add(_bytes(state))
    sizes.add(_bytes(encoder.stream(waveform).state))  # one large piece leaves no more behind
    assert len(sizes) == 1, f"the state has the sizes {sizes}"
    assert encoder.stream(waveform[:, :0], state, final=True).audio.shape[1] == 4


@torch.no_grad()
@pytest.mark.parametrize("gain", [0.1, 3.0])
def test_loudness_does_not_matter(gain: float) -> None:
    """20 dB softer or 10 dB louder: features change by under 2 % of their spread."""
    encoder, waveform = _encoder(), _speech(30)
    plain, scaled = encoder(waveform), encoder(gain * waveform)
    assert ((plain - scaled).abs().amax() / plain.std()).item() < 0.02


@torch.no_grad()
def test_silence_stays_silent() -> None:
    """The columns of silence are zeros, and quiet noise is not amplified to speech."""
    encoder = _encoder()
    level = Level.nothing(1, torch.device("cpu"))
    silent = torch.zeros(1, 240 + 5 * _FRAME)
    assert encoder._columns(silent, 5, level)[0].abs().amax().item() < 1e-6
    quiet = 1e-4 * torch.randn(1, 240 + 5 * _FRAME)  # -80 dB
    assert encoder._columns(quiet, 5, level)[0].amax().item() < 0.7


def test_level_is_the_mean_of_what_was_heard() -> None:
    """With an endless memory it is the plain mean; a pause changes nothing; memory is exact."""
    nothing = Level.nothing(1, torch.device("cpu"))
    power = torch.tensor([[0.1, 0.3, 0.2]])
    levels, state = running_level(power, nothing, memory_s=1e4)
    assert levels[0].tolist() == pytest.approx([0.1, 0.2, 0.2], rel=1e-3)
    paused, _ = running_level(torch.zeros(1, 100), state, memory_s=1e4)
    assert paused[0, -1].item() == pytest.approx(0.2, rel=1e-3)
    loud, _ = running_level(torch.full((1, FPS), 1.0), state, memory_s=1.0)
    # After one time constant the old level has the weight 1 / e, relative to its short history.
    assert 0.9 < loud[0, -1].item() <= 1.0


@torch.no_grad()
def test_refuses_another_batch_in_a_stream() -> None:
    """A stream keeps its number of clips."""
    encoder = _encoder()
    state = encoder.stream(torch.zeros(2, 100)).state
    with pytest.raises(InputError, match=r"waveform .* axis B"):
        encoder.stream(torch.zeros(3, 100), state)


@torch.no_grad()
def test_precision() -> None:
    """bf16 parameters give bf16, autocast float32; both near the float32 features."""
    encoder, waveform = _encoder(), _speech(12)
    exact = encoder(waveform)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = encoder(waveform)
    assert mixed.dtype is torch.float32
    rounded = encoder.to(torch.bfloat16)(waveform)
    assert rounded.dtype is torch.bfloat16
    for other in (mixed, rounded):
        assert (other.float() - exact).abs().amax().item() < 0.05
