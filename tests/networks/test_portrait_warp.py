"""``portrait_warp``: where pixels come from, what is shared, whose portrait is shown."""

from __future__ import annotations

from typing import Final

import attrs
import pytest
import torch
from styletalker.core.contract.toys import ToyGenerator
from styletalker.core.errors import InputError
from styletalker.plugins.portrait_warp.config import PortraitEncoderConfig, PortraitWarpConfig
from styletalker.plugins.portrait_warp.generator import PortraitWarp
from styletalker.plugins.portrait_warp.inverter import PortraitEncoder
from styletalker.plugins.portrait_warp.layers import moved, places
from styletalker.plugins.portrait_warp.painter import FlowHead
from styletalker.plugins.portrait_warp.points import PointFinder, flow_between
from torch import Tensor
from torch.nn import functional

SIZE: Final = 32
POINTS, W_DIM = 4, 16


def make() -> tuple[PortraitWarp, PortraitEncoder]:
    torch.manual_seed(0)
    config = PortraitWarpConfig(
        resolution=SIZE, w_dim=W_DIM, points=POINTS, channels=4, most=12, portrait_channels=4
    )
    encoder = PortraitEncoderConfig(points=POINTS, motion_channels=4, portrait_channels=4)
    generator = PortraitWarp(config)
    return generator, PortraitEncoder(encoder, resolution=SIZE, num_ws=2, w_dim=W_DIM)


def pictures(*batch: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(torch.Size(batch).numel(), 3, 4, 4, generator=generator)
    smooth = torch.tanh(functional.interpolate(coarse, SIZE, mode="bicubic"))
    return smooth.reshape(*batch, 3, SIZE, SIZE)


def codes(count: int, seed: int = 2) -> Tensor:
    return 0.5 * torch.randn(count, 2, W_DIM, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def follow_points_alone(generator: PortraitWarp) -> None:
    """Let heads add nothing to the flow between points, and paint nothing."""
    for module in generator.modules():
        if isinstance(module, FlowHead):
            module.conv.weight.zero_()
            assert module.conv.bias is not None
            module.conv.bias[2:] = 40.0
    bias = generator.painter.to_rgb.bias
    assert bias is not None
    generator.painter.to_rgb.weight[3:].zero_()
    bias[3] = 40.0


def test_at_a_point_the_flow_is_its_displacement() -> None:
    centre = places(16, torch.zeros(1))[0]  # [2, 16, 16]
    here = torch.stack([centre[:, 2, 3], centre[:, 13, 12]])[None]
    moves = torch.tensor([[[0.3, -0.1], [-0.2, 0.4]]])
    flow = flow_between(here, here + moves, 16)
    assert flow.shape == (1, 2, 16, 16)
    assert torch.allclose(flow[0, :, 2, 3], moves[0, 0], atol=1e-4)
    assert torch.allclose(flow[0, :, 13, 12], moves[0, 1], atol=1e-4)
    between = flow[0, 0, 7, 7]
    assert -0.2 < between < 0.3


def test_equal_points_move_nothing_and_coincident_ones_their_mean() -> None:
    here = torch.rand(2, 5, 2) * 2 - 1
    assert torch.equal(flow_between(here, here, 8), torch.zeros(2, 2, 8, 8))
    same = torch.zeros(1, 3, 2)
    there = torch.tensor([[[0.3, 0.0], [0.0, 0.3], [0.3, 0.3]]])
    assert torch.allclose(flow_between(same, there, 8), torch.full((1, 2, 8, 8), 0.2), atol=1e-6)


@pytest.mark.parametrize(("x", "y"), [(3, 0), (0, -2), (-1, 4)])
def test_moved_is_a_roll_inside(x: int, y: int) -> None:
    features = torch.randn(2, 5, 16, 16, generator=torch.Generator().manual_seed(0))
    flow = torch.tensor([x, y])[None, :, None, None] * torch.full((2, 2, 16, 16), 2 / 16)
    wanted = features.roll((-y, -x), (-2, -1))
    assert torch.allclose(
        moved(features, flow)[..., 4:12, 4:12], wanted[..., 4:12, 4:12], atol=1e-5
    )


def test_beyond_the_edge_the_edge_goes_on() -> None:
    features = torch.randn(1, 2, 8, 8)
    flow = torch.zeros(1, 2, 8, 8)
    flow[:, 0] = 3.0
    assert torch.allclose(
        moved(features, flow), features[..., -1:].expand(-1, -1, -1, 8), atol=1e-5
    )


@torch.no_grad()
def test_points_are_inside_and_where_their_map_says() -> None:
    torch.manual_seed(0)
    finder = PointFinder(size=SIZE, channels=4, points=3, others=2)
    points, others = finder(50 * pictures(4))
    assert (points.shape, others.shape) == ((4, 3, 2), (4, 2))
    assert points.abs().max() <= 1
    finder.to_maps.weight.zero_()
    assert finder(pictures(1))[0].abs().max() < 1e-5, "a flat map has its mean in the middle"
    finder.usual[1, 3, 10] = 50.0
    found = finder(pictures(1))[0][0, 1]
    assert torch.allclose(found, places(16, found)[0, :, 3, 10], atol=1e-4)


@torch.no_grad()
def test_a_portrait_under_its_own_code_stays_as_it_is() -> None:
    generator, inverter = make()
    images = pictures(2)
    inversion = inverter.invert(images, generator)
    assert isinstance(inversion.generator, PortraitWarp)
    untrained = inversion.generator.synthesis_with_flow(inversion.ws)[1]
    assert 0 < untrained.abs().max() < 0.1, "heads start small, not at zero"
    follow_points_alone(generator)
    shown, flow = inversion.generator.synthesis_with_flow(inversion.ws)
    assert flow.shape == (2, 2, SIZE // 2, SIZE // 2)
    assert flow.abs().max() < 1e-6
    assert torch.allclose(shown, images, atol=1e-4)


@torch.no_grad()
def test_moved_points_move_the_picture() -> None:
    generator, inverter = make()
    follow_points_alone(generator)
    images = pictures(1)
    inversion = inverter.invert(images, generator)
    assert isinstance(inversion.generator, PortraitWarp)
    ws = inversion.ws.clone()
    ws[:, 1, : 2 * POINTS : 2] -= 4 * 2 / SIZE  # every x, by 4 pixels to the left
    shown, flow = inversion.generator.synthesis_with_flow(ws)
    assert torch.allclose(flow[:, 0], torch.tensor(4 * 2 / SIZE), atol=1e-5)
    assert flow[:, 1].abs().max() < 1e-5
    assert torch.allclose(shown[..., :-4], images[..., 4:], atol=1e-3)


@torch.no_grad()
def test_rebased_codes_are_those_of_the_other_portrait() -> None:
    generator, inverter = make()
    frames = pictures(2, 3)
    one = inverter.invert(pictures(2, seed=7), generator)
    other = inverter.invert(pictures(2, seed=8), generator)
    tracked, wanted = inverter.track(frames, one), inverter.track(frames, other)
    assert tracked.shape == (2, 3, 2, W_DIM)
    assert torch.equal(tracked[:, 2, 0], one.ws[:, 0])
    assert torch.equal(inverter.rebase(tracked, other), wanted)
    assert not torch.allclose(tracked, wanted, atol=1e-4)
    own = inverter.invert(frames[:, 1], generator).ws[:, 1]
    assert torch.allclose(tracked[:, 1, 1], own, atol=1e-5)


@torch.no_grad()
def test_landmarks_are_the_points_of_the_frame_s_row() -> None:
    generator, inverter = make()
    ws = codes(6).reshape(2, 3, 2, W_DIM)
    assert torch.equal(inverter.landmarks(ws)[1, 2, 3], ws[1, 2, 1, 6:8])
    frames = pictures(1, 2)
    found = inverter.landmarks(inverter.track(frames, inverter.invert(frames[:, 0], generator)))
    assert torch.allclose(found[0], inverter.finder(frames[0])[0], atol=1e-6)


@torch.no_grad()
def test_a_copy_shares_the_weights_and_leaves_the_generator_alone() -> None:
    generator, inverter = make()
    before = generator.synthesis(codes(1))
    images = pictures(1)
    shown = inverter.invert(images, generator).generator
    assert isinstance(shown, PortraitWarp)
    assert torch.equal(generator.synthesis(codes(1)), before)
    assert torch.equal(shown.portrait.image, images)
    assert dict(shown.named_parameters()).keys() == dict(generator.named_parameters()).keys()
    for name, parameter in generator.named_parameters():
        assert shown.get_parameter(name) is parameter
    seen = shown.synthesis(codes(1))
    assert generator.painter.to_rgb.bias is not None
    generator.painter.to_rgb.bias[:3] += 5
    assert (shown.synthesis(codes(1)) - seen).abs().max() > 0.1


@torch.no_grad()
def test_the_portrait_is_used_each_for_its_own_frames() -> None:
    generator, inverter = make()
    ws = codes(6)
    shown = inverter.invert(pictures(2), generator).generator.synthesis(ws)
    for k in range(2):
        single = inverter.invert(pictures(2)[k : k + 1], generator).generator
        mine, others = ws[3 * k : 3 * k + 3], ws[3 - 3 * k : 6 - 3 * k]
        assert torch.allclose(single.synthesis(mine), shown[3 * k : 3 * k + 3], atol=1e-4)
        assert not torch.allclose(single.synthesis(others), shown[3 - 3 * k : 6 - 3 * k], atol=0.05)
    # The pixels aside, features of the portrait count too.
    portrait = inverter.invert(pictures(1), generator).generator
    assert isinstance(portrait, PortraitWarp)
    for name in ("fine", "middle", "coarse"):
        changed = attrs.evolve(portrait.portrait, **{name: -getattr(portrait.portrait, name)})
        difference = generator.showing(changed).synthesis(ws) - portrait.synthesis(ws)
        assert difference.abs().max() > 1e-4, name


def test_wrong_maps_are_refused() -> None:
    generator, inverter = make()
    shown = inverter.invert(pictures(1), generator).generator
    assert isinstance(shown, PortraitWarp)
    narrow = attrs.evolve(shown.portrait, fine=shown.portrait.fine[:, :3])
    with pytest.raises(InputError, match=r"the portrait's fine map.*axis C.*must be 4"):
        generator.showing(narrow)
    large = attrs.evolve(shown.portrait, coarse=torch.zeros(1, 16, 4, 4))
    with pytest.raises(InputError, match=r"the portrait's coarse map.*axis H.*must be 2"):
        generator.showing(large)


def test_codes_must_go_round_among_portraits() -> None:
    generator, inverter = make()
    shown = inverter.invert(pictures(2), generator).generator
    with pytest.raises(InputError, match=r"(?s)codes for 2 portraits.*a multiple of 2.*3"):
        shown.synthesis(codes(3))
    with pytest.raises(InputError, match="no such noise"):
        shown.synthesis(codes(2), noise="loud")  # type: ignore[arg-type]


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"(?s)4 points.*a w_dim of more than 8"):
        PortraitWarp(PortraitWarpConfig(w_dim=8, points=4))
    config = PortraitEncoderConfig(points=4)
    for sizes in ((48, 2, 16), (32, 1, 16), (32, 2, 8)):
        resolution, num_ws, w_dim = sizes
        with pytest.raises(InputError, match=rf"{resolution} pixels, {num_ws} rows of {w_dim} "):
            PortraitEncoder(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)


@torch.no_grad()
def test_another_generator_is_given_back() -> None:
    inverter = make()[1]
    other = ToyGenerator(None)
    inversion = inverter.invert(pictures(2), other)
    assert inversion.generator is other
    assert inversion.ws.shape == (2, 2, W_DIM)


@torch.no_grad()
def test_one_step_of_following_is_a_hundredth() -> None:
    generator, inverter = make()
    shown = inverter.invert(pictures(2), generator).generator
    assert isinstance(shown, PortraitWarp)
    average, flat = generator.get_buffer("average_image").clone(), codes(2).flatten(1)
    shown.follow_mean(codes(2))
    assert torch.allclose(generator.mean_ws().flatten(), 0.01 * flat.mean(0), atol=1e-6)
    spread = 0.99 * torch.eye(2 * W_DIM) + 0.01 * flat.T.cov(correction=0)
    assert torch.allclose(generator.code_covariance, spread, atol=1e-5)
    wanted = 0.99 * average + 0.01 * pictures(2).mean(0, keepdim=True)
    assert torch.allclose(generator.get_buffer("average_image"), wanted, atol=1e-5)


@torch.no_grad()
def test_drawn_codes_are_distributed_like_those_it_followed() -> None:
    generator = make()[0]
    mixing = 0.2 * torch.randn(2 * W_DIM, 2 * W_DIM, generator=torch.Generator().manual_seed(3))
    z = torch.randn(20_000, 2 * W_DIM, generator=torch.Generator().manual_seed(4))
    seen = (3 + z[:2000] @ mixing).reshape(-1, 2, W_DIM)
    for _ in range(800):
        generator.follow_mean(seen)
    drawn = generator.mapping(z).flatten(1)
    assert (drawn.mean(0) - seen.flatten(1).mean(0)).abs().max() < 0.06
    assert (drawn.T.cov() - seen.flatten(1).T.cov()).abs().max() < 0.15
    at_mean = generator.mapping(z[:3], truncation=0.0)
    assert torch.allclose(at_mean, generator.mean_ws().expand(3, -1, -1))
