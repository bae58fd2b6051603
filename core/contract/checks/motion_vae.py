"""Checks of motion VAEs."""

from __future__ import annotations

from typing import Any

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import FRAMES, exercise, motion_inputs, noise
from styletalker.core.contract.expect import expect_input_error
from styletalker.core.contract.sizes import NUM_WS, W_DIM
from styletalker.core.contract.streaming import assert_constant_memory, assert_streams
from torch import Tensor


@torch.no_grad()
def check_shapes(case: Case) -> None:
    """Posterior [B, T, Z]; codes [B, T, L, D]."""
    vae = case.build().eval()
    outputs = exercise(case.role, vae)
    for name in ("mean", "log_std"):
        shape = tuple(outputs[name].shape)
        assert shape == (2, FRAMES, vae.motion_dim), f"{name} has the shape {shape}"
    shape = tuple(outputs["ws"].shape)
    assert shape == (2, FRAMES, NUM_WS, W_DIM), f"ws has the shape {shape}"


@torch.no_grad()
def check_decoder_is_causal(case: Case) -> None:
    """Later motion and audio do not change earlier frames."""
    vae = case.build().eval()
    inputs = _inputs(vae)
    cut = FRAMES // 2
    whole = vae.decode(**inputs).ws
    for name in ("motion", "audio"):
        changed = {**inputs, name: inputs[name].clone()}
        changed[name][:, cut:] += 1.0
        ws = vae.decode(**changed).ws
        same = torch.allclose(ws[:, :cut], whole[:, :cut], atol=1e-5)
        assert same, f"decode(): frames before {cut} depend on the {name} from there on"
        differs = not torch.allclose(ws[:, cut:], whole[:, cut:], rtol=0, atol=1e-7)
        assert differs, f"decode(): the {name} changes nothing"


@torch.no_grad()
def check_streaming_equals_whole(case: Case) -> None:
    """Pieces of any size give the same codes."""
    vae = case.build().eval()
    inputs = _inputs(vae)

    def step(piece: slice, state: Any) -> tuple[Tensor, Any]:
        motion, audio = inputs["motion"][:, piece], inputs["audio"][:, piece]
        decoded = vae.decode(motion, audio, inputs["ws_ref"], state)
        return decoded.ws, decoded.state

    assert_streams("ws", vae.decode(**inputs).ws, step, FRAMES, (1, 3))
    assert_constant_memory(step, FRAMES, 1)


def check_wrong_shapes(case: Case) -> None:
    """Motion of another size, and audio of another length, are refused."""
    vae = case.build().eval()
    inputs = _inputs(vae)
    motion = noise(2, FRAMES, vae.motion_dim + 1)
    expect_input_error(lambda: vae.decode(**{**inputs, "motion": motion}), "motion")
    audio = inputs["audio"][:, :-1]
    expect_input_error(lambda: vae.decode(**{**inputs, "audio": audio}), "audio")


def _inputs(vae: Any) -> dict[str, Tensor]:
    return {**motion_inputs(2), "motion": noise(2, FRAMES, vae.motion_dim, seed=2)}
