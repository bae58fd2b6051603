"""The mesh: curves, topology, closed lips, lids on the eyeballs, joined parts."""

from __future__ import annotations

import numpy as np
import pytest
from styletalker.plugins.puppet.blendshapes import SHAPES, jaw_rig, shape_deltas
from styletalker.plugins.puppet.face import face_shape
from styletalker.plugins.puppet.fields import Curve, bump, grid_triangles, ramp
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.lids import fit_eyelids
from styletalker.plugins.puppet.parts import Material, Part, join
from styletalker.plugins.puppet.skull import proportion, skull_point
from styletalker.plugins.puppet.topology import LIP_POINTS, LIPS, topology


def test_curve_passes_its_knots_and_does_not_overshoot() -> None:
    knots, values = [0.0, 1.0, 2.0, 5.0], [1.0, 1.0, 4.0, 3.0]
    curve = Curve(knots, values)
    assert np.allclose(curve(np.array(knots)), values)
    fine = curve(np.linspace(-1, 6, 400))
    assert fine.min() == pytest.approx(1.0)
    assert fine.max() == pytest.approx(4.0)
    assert np.allclose(curve(np.linspace(0, 1, 9)), 1.0)


def test_bump_and_ramp() -> None:
    assert bump(2.0, 2.0, 1.0) == 1.0
    assert bump(3.0, 2.0, 1.0) == pytest.approx(np.exp(-1))
    assert [float(ramp(0.0, 2.0, x)) for x in (-1.0, 1.0, 3.0)] == [0.0, 0.5, 1.0]
    assert [float(ramp(2.0, 0.0, x)) for x in (-1.0, 1.0, 3.0)] == [1.0, 0.5, 0.0]


def test_grid_triangles_cover_a_grid_once() -> None:
    points = np.array([(x, y) for y in range(3) for x in range(4)], float)
    corner = points[grid_triangles(3, 4)]
    first, second = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    area = 0.5 * (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    assert np.allclose(area, 0.5)
    assert area.sum() == pytest.approx(6.0)
    assert len(grid_triangles(3, 4, closed=True)) == 16


def test_topology_is_one_consistently_wound_surface() -> None:
    shared = topology()
    assert shared is topology()
    assert shared.triangles.min() == 0
    assert shared.triangles.max() == len(shared.level) - 1
    edges = shared.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    assert len(np.unique(edges, axis=0)) == len(edges)  # each direction of an edge once
    assert set(np.unique(shared.feature)) == {-1, 0, 1, LIPS}


def test_locate_finds_the_point_again() -> None:
    shared = topology()
    arc, level = np.array([0.0, 3.0, -6.0]), np.array([-3.0, -8.0, 5.0])
    vertices, weights = shared.locate_arc(arc, level)
    assert np.allclose(weights.sum(1), 1.0)
    assert weights.min() > -1e-6
    assert np.allclose((shared.arc[vertices] * weights).sum(1), arc, atol=1e-3)
    assert np.allclose((shared.level[vertices] * weights).sum(1), level, atol=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_lips_of_the_mesh_touch_at_rest(seed: int) -> None:
    shared = topology()
    face = face_shape(shared, Identity.sample(np.random.default_rng(seed)))
    jaw = jaw_rig(face, shared)
    assert len(jaw.upper) == LIP_POINTS // 2 + 1
    gap = np.linalg.norm(face.points[jaw.upper] - face.points[jaw.lower], axis=1)
    assert gap.max() < 0.05  # cm
    together = jaw.follow[jaw.lower] - jaw.follow[jaw.upper]  # both ways add up to the gap
    assert np.allclose(together[1:-1], 1.0)


def test_shapes_move_what_they_are_named_for() -> None:
    shared = topology()
    face = face_shape(shared, Identity())
    moves = dict(zip(SHAPES, shape_deltas(face, shared), strict=True))
    jaw = jaw_rig(face, shared)
    middle = len(jaw.upper) // 2
    top, bottom, corner = jaw.upper[middle], jaw.lower[middle], jaw.upper[0]
    assert moves["part"][top, 1] > 0.2
    assert moves["part"][bottom, 1] < -0.3
    assert moves["spread"][corner, 0] > 0.3
    assert moves["round"][corner, 0] < -0.5
    assert moves["smile"][corner, 1] > 0.4
    assert moves["frown"][corner, 1] < -0.3
    brows = (np.abs(face.level - 2.2) < 0.4) & (np.abs(np.abs(face.x) - 2.5) < 0.5)
    assert moves["brow_up"][brows, 1].min() > 0.4
    assert moves["brow_in"][brows, 1].max() < 0.0
    for name, move in moves.items():
        assert np.abs(move[face.level > 9]).max() < 1e-3, name


def test_lids_stay_over_the_eyeball_while_closing() -> None:
    shared = topology()
    lids = fit_eyelids(face_shape(shared, Identity()).points, shared, Identity())
    for eye in (0, 1):
        edge = shared.eyes[eye, 0]
        for closure in np.linspace(0, 1, 9):
            move = closure * lids.lines[eye] + closure * (1 - closure) * lids.bulges[eye]
            distance = np.linalg.norm((lids.points + move)[edge] - lids.centres[eye], axis=1)
            assert distance.min() > lids.radius - 0.02, closure
    closed = lids.points[:, 1] + lids.lines[0][:, 1]
    upper, lower = shared.eyes[0, 0][4:12], shared.eyes[0, 0][19:27]
    assert np.abs(closed[upper].mean() - closed[lower].mean()) < 0.08


def test_skull_is_symmetric_and_a_child_is_shorter_below_the_eyes() -> None:
    theta, level = np.linspace(-2, 2, 9), np.full(9, -4.0)
    points = skull_point(theta, level, Identity())
    assert np.allclose(points, points[::-1] * [-1, 1, 1])
    chin, crown = np.array([[0.0, -11.0, 8.0]]), np.array([[0.0, 11.0, 0.0]])
    child, adult = Identity(child=1.0), Identity()
    assert proportion(chin, child)[0, 1] > proportion(chin, adult)[0, 1] + 1.0
    assert proportion(crown, child)[0, 1] == 11.0


def test_join_offsets_triangles_and_spreads_numbers() -> None:
    square = grid_triangles(2, 2)
    points = np.zeros((4, 3))
    uv = np.zeros((4, 2))
    parts = [
        Part(name="a", points=points, triangles=square, uv=uv, material=Material.SKIN, jaw=0.5),
        Part(name="b", points=points + 1, triangles=square, uv=uv, material=Material.HAIR,
             cut=np.array([0.0, 0.0, 0.0, 0.4]), two_sided=True, casts_shadow=False),
    ]  # fmt: skip
    mesh = join(parts)
    assert mesh.spans == {"a": slice(0, 4), "b": slice(4, 8)}
    assert mesh.triangles.tolist() == [*square.tolist(), *(square + 4).tolist()]
    assert mesh.material.tolist() == [0, 0, 4, 4]
    assert mesh.jaw.tolist() == [0.5] * 4 + [0.0] * 4
    assert mesh.cutout.tolist() == [False, False, False, True]
    assert mesh.two_sided.tolist() == [False, False, True, True]
    assert mesh.casters.tolist() == [0, 1]
