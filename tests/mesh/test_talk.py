"""A photo talks: the whole picture is shown, at any size, and movements can be scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from numpy.typing import NDArray
from styletalker.core.assembly import Components
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError
from styletalker.core.generation.manner import Manner
from styletalker.core.interfaces.inverter import Following
from styletalker.core.media.crop import resize
from styletalker.core.registry import Registry
from styletalker.core.talker import Talker
from styletalker.plugins import (
    autoregressive_prior,
    conditional_sequential,
    dlib_face,
    mel,
    mesh,
)
from styletalker.plugins.mesh.codes import CODES
from support.faces import puppet_clip
from support.talker import save_tiny_talker, speech, talker_registry

Image = NDArray[np.uint8]
LIPS = tuple(range(8))
PHOTOS: Any = skimage.data


@pytest.fixture(scope="module")
def talker() -> Talker:
    """Untrained, with movements large enough to be seen."""
    plugins = (autoregressive_prior, conditional_sequential, dlib_face, mel, mesh)
    registry = Registry.of(*(one for plugin in plugins for one in plugin.styletalker_components()))
    options: dict[str, tuple[str, dict[str, Any]]] = {
        "generator": ("mesh", {"resolution": 256}),
        "inverter": ("mesh_fit", {"boxes": 1}),
        "audio_encoder": ("mel", {"audio_dim": 6, "channels": 12, "layers": 2}),
        "motion_vae": (
            "conditional_sequential",
            {"motion_dim": 4, "channels": 12, "sees": "codes", "hidden_channels": LIPS},
        ),
        "prior": ("autoregressive_flow", {"channels": 12, "couplings": 2}),
    }
    structurer, chosen = Structurer(registry), {}
    for role, (name, given) in options.items():
        config = structurer.structure(given, registry.get(role, name).component.config)
        chosen[role] = Chosen(role=role, type=name, config=config)
    torch.manual_seed(0)
    components = Components(chosen, registry)
    with torch.no_grad():
        components.get("motion_vae").get_parameter("decoder.to_codes.weight").mul_(60)
    return Talker(components, registry)


@pytest.fixture(scope="module")
def astronaut() -> Image:
    return np.asarray(PHOTOS.astronaut(), np.uint8)


def said(talker: Talker, photo: Image, **how: Any) -> Image:
    """Six frames."""
    return np.stack(list(talker.stream(photo, [speech(0.24)], **how)))


def moved(frames: Image, photo: Image) -> NDArray[np.bool_]:
    """Where any frame differs from the photo by more than rounding, [H, W]."""
    return np.asarray(np.abs(frames.astype(int) - photo).max((0, 3)) > 2, np.bool_)


def test_the_whole_picture_is_shown_and_only_the_face_moves(
    talker: Talker, astronaut: Image
) -> None:
    notes: list[str] = []
    frames = said(talker, astronaut, say=notes.append)
    assert frames.shape == (6, 512, 512, 3)
    assert notes == []
    changed = moved(frames, astronaut)
    assert changed[60:200, 170:280].mean() > 0.2
    rows, columns = np.nonzero(changed)
    assert rows.max() < 330  # the suit and the helmet are far below the square
    assert columns.min() > 60
    assert columns.max() < 400


def test_a_face_alone_and_sizes(talker: Talker, astronaut: Image) -> None:
    assert said(talker, astronaut, crop="face", size=128).shape == (6, 128, 128, 3)
    alone = said(talker, astronaut, crop="face")
    assert alone.shape[1] == alone.shape[2]
    assert 180 <= alone.shape[1] <= 256  # what the picture has, not more
    half = said(talker, astronaut, size=alone.shape[1] // 4 * 2)
    assert abs(half.shape[1] - 256) <= 4
    wide = said(talker, astronaut[:240, 100:380], crop="none", size=96)
    assert wide.shape == (6, 96, 96, 3)


def test_movements_are_scaled_by_kind(talker: Talker, astronaut: Image) -> None:
    usual = said(talker, astronaut, seed=3)
    still = said(talker, astronaut, seed=3, manner=Manner(pose=0, gaze=0, blink=0, expression=0))
    crown = (slice(20, 60), slice(190, 280))  # hair moves with the head alone
    assert moved(usual, astronaut)[crown].mean() > 0.2
    assert not moved(still, astronaut)[crown].any()
    assert moved(still, astronaut)[120:200, 180:270].mean() > 0.02  # the lips still speak


def test_the_same_frames_for_the_same_seed(talker: Talker, astronaut: Image) -> None:
    one, two = (said(talker, astronaut, seed=5) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, said(talker, astronaut, seed=6))


def test_two_faces(talker: Talker, astronaut: Image) -> None:
    one = astronaut[:300, 80:380]
    both = np.concatenate([one, one[:, ::-1]], axis=1)
    for face, half in (("left", slice(0, 300)), ("right", slice(300, 600))):
        notes: list[str] = []
        frames = said(talker, both, face=face, say=notes.append)
        assert notes == [f"the portrait: 2 faces were found, the {face} is taken (see --face)"]
        changed = moved(frames, both)
        assert changed[:, half].mean() > 0.05
        changed[:, half] = False
        assert changed.mean() < 0.01
    with pytest.raises(InputError, match="no such face"):
        said(talker, both, face=2)


def test_a_portrait_without_a_face(talker: Talker) -> None:
    with pytest.raises(InputError, match="no face was found"):
        said(talker, np.asarray(PHOTOS.coffee(), np.uint8))


def test_only_codes_that_mean_something_can_be_scaled(
    tmp_path_factory: pytest.TempPathFactory, astronaut: Image
) -> None:
    folder = save_tiny_talker(tmp_path_factory.mktemp("talkers") / "tiny")
    other = Talker.from_pretrained(folder, talker_registry())
    with pytest.raises(InputError, match="blink cannot be changed: this talker"):
        said(other, astronaut, manner=Manner(blink=0.5))
    with pytest.raises(InputError, match="moves the whole square"):
        said(other, astronaut, crop="full")
    with pytest.raises(InputError, match="makes pictures of one size; expected 32, got 64"):
        said(other, astronaut, size=64)


def test_the_controls_name_channels(talker: Talker) -> None:
    generator = talker._networks.generator
    named = {
        name: [CODES[i] for i in np.flatnonzero(channels[0])]
        for name, channels in generator.controls.items()  # type: ignore[union-attr,operator]
    }
    assert named == {
        "pose": ["yaw", "pitch", "roll", "tx", "ty", "tz"],
        "blink": ["blink_l", "blink_r"],
        "gaze": ["gaze_x", "gaze_y"],
        "expression": ["smile", "frown", "brow_up", "brow_in", "squint"],
    }


def test_a_videos_motion_is_read_as_a_whole(talker: Talker) -> None:
    """What is usual in a video is known at its end: pieces of it would each be about themselves."""
    clip = puppet_clip(0, frames=40)
    frames = [resize(frame, 256) for frame in clip.frames]
    networks = talker._networks
    inverter = networks.inverter
    assert isinstance(inverter, Following)
    ws = inverter.follow(iter(frames))
    assert ws.shape == (40, 1, 24)
    unseen = torch.zeros(()).expand(1, 40, 3, 256, 256)
    with torch.no_grad():
        wanted = networks.motion_vae.encode(unseen, ws[None]).mean[0].numpy()
    assert np.allclose(talker.motion_of(frames), wanted, atol=1e-5)
    with pytest.raises(InputError, match="no frame"):
        talker.motion_of([])
