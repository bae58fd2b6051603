"""Following a video, and refusing pictures that cannot be animated."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.errors import InputError
from styletalker.plugins.mesh.codes import to_parameters
from styletalker.plugins.mesh.config import MeshFitConfig
from styletalker.plugins.mesh.inverter import MeshFit
from styletalker.plugins.mesh.track import motion_of
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS, neutral
from support.photos import as_images, astronaut, inverted, mesh, mesh_fit

FRAMES = 24


@functools.cache
def true_motion() -> NDArray[np.float32]:
    """A head that turns, nods and tilts, says 'ah' twice and blinks once."""
    motion, t = neutral(FRAMES), np.arange(FRAMES)
    motion[:, INDEX["yaw"]] = 10 * np.sin(2 * np.pi * t / 24)
    motion[:, INDEX["pitch"]] = 6 * np.sin(2 * np.pi * t / 16)
    motion[:, INDEX["roll"]] = 5 * np.cos(2 * np.pi * t / 20)
    motion[:, INDEX["jaw"]] = 0.5 * np.clip(np.sin(2 * np.pi * t / 12), 0, 1)
    motion[[14, 15, 16], INDEX["blink_l"]] = motion[[14, 15, 16], INDEX["blink_r"]] = 1.0
    return motion


@functools.cache
def video() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Frames [T, H, W, 3] and landmarks [T, 68, 2] of a puppet with this motion."""
    head = Head(Identity.sample(np.random.default_rng(11), glasses="none", hair="short"))
    frames = [head.render(one, 160, supersample=False) for one in true_motion()]
    return np.stack([f.image for f in frames]), np.stack([f.landmarks for f in frames])


def correlation(found: NDArray[np.floating], name: str) -> float:
    column = INDEX[name]
    return float(np.corrcoef(found[:, column], true_motion()[:, column])[0, 1])


def test_true_landmarks_give_the_true_motion() -> None:
    found = motion_of(video()[1].astype(np.float64) - 0.5, np.ones((FRAMES, 2)))
    for name in ("yaw", "pitch", "roll"):
        assert correlation(found, name) > 0.97, name
    assert correlation(found, "jaw") > 0.9
    yaw = INDEX["yaw"]
    assert np.polyfit(true_motion()[:, yaw], found[:, yaw], 1)[0] == pytest.approx(0.95, abs=0.15)


def test_a_video_is_followed_whoever_is_in_it() -> None:
    frames = as_images(*video()[0])[None]
    ws = mesh_fit().track(frames, inverted())
    assert ws.shape == (1, FRAMES, 1, 24)
    found, own_mouth = to_parameters(ws[0, :, 0].numpy())
    assert not own_mouth.any()
    for name in ("yaw", "pitch", "roll"):
        assert correlation(found, name) > 0.9, name
    closed = found[:, INDEX["blink_l"]]
    assert 13 <= closed.argmax() <= 17
    assert closed[14:17].max() > 0.5
    assert closed[:12].max() < 0.3


def test_a_video_without_a_face_is_refused() -> None:
    with pytest.raises(InputError, match="no face to follow"):
        mesh_fit().track(torch.zeros(1, 4, 3, 128, 128), inverted())


def test_a_picture_without_a_face_is_refused() -> None:
    blank = torch.zeros(1, 3, 128, 128)
    with pytest.raises(InputError, match=r"no face was found in the portrait.*Crop"):
        mesh_fit().invert(blank, mesh(128))
    with pytest.raises(InputError, match="portrait 2 of 2"):
        mesh_fit().invert(torch.cat([as_images(astronaut(128)), blank]), mesh(128))


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("least_eyes_px", 100.0, r"too small.*px between the eyes.*larger photo"),
        ("most_error", 0.01, r"does not fit.*cartoons"),
    ],
)
def test_a_face_that_cannot_be_used_is_refused_in_words(
    option: str, value: float, words: str
) -> None:
    options: dict[str, Any] = {option: value}
    strict = MeshFit(MeshFitConfig(**options), resolution=256, num_ws=1, w_dim=24)
    with pytest.raises(InputError, match=words):
        strict.invert(as_images(astronaut()), mesh())


def test_a_face_turned_away_is_refused() -> None:
    motion = neutral(1)[0]
    motion[INDEX["yaw"]] = 22.0
    picture = Head(Identity()).render(motion, 192).image
    strict = MeshFit(MeshFitConfig(most_yaw_deg=12.0), resolution=192, num_ws=1, w_dim=24)
    with pytest.raises(InputError, match=r"turned too far .*12 degrees"):
        strict.invert(as_images(picture), mesh(192))


def test_codes_of_other_sizes_and_other_generators_are_refused() -> None:
    with pytest.raises(InputError, match="generator mesh only"):
        MeshFit(MeshFitConfig(), resolution=256, num_ws=8, w_dim=16)
    with pytest.raises(InputError, match="images"):
        mesh_fit().invert(as_images(astronaut()), mesh(128))


def test_parameters_of_a_track_are_in_range() -> None:
    noisy = video()[1].astype(np.float64) + np.random.default_rng(0).normal(0, 3, (FRAMES, 68, 2))
    found = motion_of(noisy, np.ones((FRAMES, 2)))
    assert (found >= [p.low for p in PARAMETERS]).all()
    assert (found <= [p.high for p in PARAMETERS]).all()
