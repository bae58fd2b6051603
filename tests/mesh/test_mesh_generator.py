"""The generator: the photo comes back, its edge stays, nothing tears, sizes and errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from styletalker.core.errors import ConfigError, InputError
from styletalker.core.interfaces.generator import Resizable, check_differentiable
from styletalker.plugins.mesh.codes import to_codes
from styletalker.plugins.mesh.fitted import pose
from styletalker.plugins.puppet.parameters import parameters_from
from support.photos import animated, as_images, astronaut, inverted, mesh, mesh_fit
from torch import Tensor

POSES = (
    {"yaw": 15.0}, {"yaw": -15.0}, {"pitch": 10.0}, {"pitch": -10.0}, {"roll": 10.0},
    {"jaw": 0.6, "part": 0.4, "tx": 0.6}, {"yaw": 20.0, "pitch": -8.0, "roll": -6.0},
)  # fmt: skip


def codes(*poses: dict[str, float], own_mouth: float = 0.0) -> Tensor:
    """[N, 1, 24] of named parameters."""
    rows = [to_codes(parameters_from(**one), own_mouth) for one in poses]
    return torch.from_numpy(np.stack(rows))[:, None]


def test_the_portraits_code_gives_the_photo_back() -> None:
    found = inverted()
    image = found.generator.synthesis(found.ws)
    assert (image - as_images(astronaut())).abs().max() <= 2 * 2 / 255


def test_the_edge_of_the_picture_never_changes() -> None:
    images = inverted().generator.synthesis(codes(*POSES))
    photo = as_images(astronaut())
    for edge in (np.s_[..., 0, :], np.s_[..., -1, :], np.s_[..., 0], np.s_[..., -1]):
        assert (images[edge] - photo[edge]).abs().max() < 1e-5
    assert (images - photo).abs().flatten(1).mean(1).min() > 0.01, "a pose changes nothing"


def test_nothing_tears_or_folds() -> None:
    """Neighbouring pixels come from neighbouring places, and the scene keeps its order."""
    portrait = animated()
    for one in POSES:
        back = portrait.scene.sources(pose(portrait.head, parameters_from(**one), 0.0))
        step = np.array(portrait.scene.step)
        assert np.isfinite(back).all()
        assert not back[[0, -1]].any(), "the lattice moves at the picture's edge"
        assert not back[:, [0, -1]].any(), "the lattice moves at the picture's edge"
        for axis in (0, 1):
            stretched = 1 + np.diff(back, axis=1 - axis)[..., axis] / step[axis]
            assert (stretched > -0.3).all(), f"{one} folds the scene"


def test_hair_moves_with_the_head_and_the_background_does_not() -> None:
    weight = animated().scene.weight
    rows, columns = weight.shape
    assert weight[rows // 4, columns // 2] > 0.95, "the hair over the forehead stays behind"
    assert weight[-rows // 8, columns // 2] < 0.2, "the collar moves with the head"
    assert weight[rows // 2, 1] < 0.05, "the background moves"


def test_frames_do_not_depend_on_the_others() -> None:
    generator = inverted().generator
    together = generator.synthesis(codes(*POSES[:3]))
    assert torch.equal(together[1:2], generator.synthesis(codes(POSES[1])))
    assert torch.equal(together, generator.synthesis(codes(*POSES[:3])))


def test_several_portraits_have_their_own_frames() -> None:
    mirrored = np.ascontiguousarray(astronaut()[:, ::-1])
    found = mesh_fit().invert(as_images(astronaut(), mirrored), mesh())
    assert found.ws.shape == (2, 1, 24)
    images = found.generator.synthesis(codes(POSES[0], POSES[0], POSES[1], POSES[1]))
    assert torch.equal(images[0], images[1])
    assert (images[0] - images[3].flip(-1)).abs().mean() < 0.05, "not the mirrored portrait"
    with pytest.raises(InputError, match="codes for 2 portraits"):
        found.generator.synthesis(codes(POSES[0]))


def test_another_size_shows_the_same() -> None:
    generator = inverted().generator
    assert isinstance(generator, Resizable)
    small = generator.at(128)
    assert (small.resolution, generator.resolution) == (128, 256)
    image = small.synthesis(codes(POSES[0]))
    shrunk = torch.nn.functional.avg_pool2d(generator.synthesis(codes(POSES[0])), 2)
    assert (image - shrunk).abs().mean() < 0.04
    with pytest.raises(InputError, match="64 to 1024"):
        generator.at(2048)


def test_without_a_portrait_it_shows_a_face_that_is_found() -> None:
    generator = mesh(128)
    image = generator.synthesis(generator.mean_ws()[None])
    found = mesh_fit().invert(image.clamp(-1, 1), generator)
    assert (found.generator.synthesis(found.ws) - image).abs().max() <= 2 * 2 / 255
    assert found.generator is not generator


def test_it_says_that_it_has_no_gradients() -> None:
    with pytest.raises(ConfigError, match=r"stage talker .*no gradients"):
        check_differentiable(mesh(), "stage talker")
    ws = mesh(64).mean_ws()[None].clone().requires_grad_()
    assert not mesh(64).synthesis(ws).requires_grad


def test_light_follows_the_turn() -> None:
    """The side of the face that turns towards the light gets brighter."""
    light = animated().layer.light
    towards = light.direction / np.linalg.norm(light.direction)
    away = towards * np.array([-1.0, 1.0, 1.0])
    brighter = light.change(towards[None], away[None])[0]
    assert 1.0 <= brighter <= 1.16
    assert light.change(away[None], away[None])[0] == pytest.approx(1.0)


def test_lips_are_drawn_from_the_mesh_alone() -> None:
    """A part of the scene behind would show specks of the mouth as it was in the photo."""
    photo = animated(256)
    lips = photo.head.topology.lips
    assert photo.layer.attributes[lips, 2].min() > 0.95
