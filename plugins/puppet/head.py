"""A puppet's head: built once from an identity, rendered for any animation parameters."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet import packing, posing, shading
from styletalker.plugins.puppet.atlas import Atlas, skin_uv
from styletalker.plugins.puppet.backdrop import backdrop
from styletalker.plugins.puppet.blendshapes import JawRig, jaw_rig, shape_deltas
from styletalker.plugins.puppet.body import neck_part, paint_neck
from styletalker.plugins.puppet.camera import Framing, project
from styletalker.plugins.puppet.clothes import clothes_parts, paint_clothes
from styletalker.plugins.puppet.ears import ear_parts
from styletalker.plugins.puppet.eyes import (
    LASH_NAMES,
    eye_parts,
    lash_parts,
    lash_source,
    paint_eye,
    paint_lash,
)
from styletalker.plugins.puppet.face import FaceShape, face_shape, inside_shade
from styletalker.plugins.puppet.facial_hair import beard_mask
from styletalker.plugins.puppet.fields import FloatArray, lerp
from styletalker.plugins.puppet.glasses import glasses_parts
from styletalker.plugins.puppet.hair import hair_parts, paint_hair
from styletalker.plugins.puppet.headwear import headwear_parts, paint_headwear
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.landmark_track import LandmarkTrack
from styletalker.plugins.puppet.landmarks import (
    landmark_rig,
    lip_aperture,
    screen_landmarks,
    visible_landmarks,
)
from styletalker.plugins.puppet.lids import Eyelids, fit_eyelids
from styletalker.plugins.puppet.lighting import SHADOW_SIZE, lighting, shadow_screen
from styletalker.plugins.puppet.mouth import mouth_parts, paint_mouth
from styletalker.plugins.puppet.parameters import INDEX, check_parameters
from styletalker.plugins.puppet.parts import Material, Mesh, Part, join
from styletalker.plugins.puppet.raster import rasterise, rasterise_depth, smooth_normals
from styletalker.plugins.puppet.skin import paint_skin
from styletalker.plugins.puppet.skull import ARC_RADIUS, proportion
from styletalker.plugins.puppet.topology import LIPS, Topology, topology

__all__ = ["FFHQ", "Frame", "Head"]

FFHQ = Framing()
"""The default framing."""
_SIZES = (32, 1024)
"""Smallest and largest picture: below, a face is a few pixels; above, the texture is blurred."""
_COARSER_BELOW = (384, 160)
"""Pictures smaller than these read the atlas at a half and a quarter of its resolution: about
one texel of the face a pixel, so that nothing glitters."""
_SAMPLES = 2
"""Samples along each side of a pixel when supersampling."""
_BEARD_HEIGHT = {"full": 0.42, "short": 0.20, "goatee": 0.22, "moustache": 0.18}
"""How far a beard stands off the skin, cm."""
_TEETH_FRONT = 0.12
"""A lip on the teeth stays this far before their middle surface, cm."""


@attrs.frozen(kw_only=True, eq=False)
class Frame:
    """One rendered picture and its ground truth."""

    image: NDArray[np.uint8]
    """[H, W, 3] sRGB."""
    landmarks: NDArray[np.float32]
    """[68, 2] column and row in pixels, iBUG order; the jaw line is the visible contour."""
    visible: NDArray[np.bool_]
    """[68] whether a landmark is inside the picture and not covered."""

    @property
    def aperture(self) -> float:
        """Opening of the mouth: inner-lip gap over the mouth's width."""
        return float(lip_aperture(self.landmarks))


def _stream(identity: Identity, use: int) -> np.random.Generator:
    """Random numbers for one *use*, so that parts do not disturb each other's noise."""
    return np.random.default_rng([identity.seed, use])


def _paint(identity: Identity) -> Atlas:
    atlas = Atlas()
    tone = paint_skin(atlas, identity, _stream(identity, 1))
    paint_neck(atlas, tone, identity, _stream(identity, 2))
    paint_eye(atlas, identity, _stream(identity, 3))
    paint_lash(atlas, _stream(identity, 4))
    paint_mouth(atlas)
    paint_hair(atlas, identity, _stream(identity, 5))
    paint_clothes(atlas, identity, _stream(identity, 6))
    paint_headwear(atlas, identity, _stream(identity, 7))
    return atlas


def _with_beard(points: FloatArray, face: FaceShape, shared: Topology, identity: Identity
                ) -> FloatArray:  # fmt: skip
    """The face *points* with the thickness of a beard; the red of the lips stays bare."""
    height = _BEARD_HEIGHT.get(identity.beard, 0.0)
    if height == 0.0:
        return points
    theta = shared.arc / ARC_RADIUS
    x = ARC_RADIUS * np.sin(np.clip(theta, -np.pi / 2, np.pi / 2))
    cover = beard_mask(theta, x, shared.level, 0.0, identity)
    cover = cover * ((shared.feature != LIPS) | (face.lip_position > 1.05))
    rough = 1 + 0.10 * _stream(identity, 8).standard_normal(len(cover))
    outwards = np.stack([0.8 * np.sin(theta), np.full_like(theta, -0.3), np.cos(theta)], -1)
    raised: FloatArray = points + (height * cover * rough)[:, None] * outwards
    return raised


def _parts(face: FaceShape, lids: Eyelids, jaw: JawRig, shared: Topology, identity: Identity,
           atlas: Atlas) -> list[Part]:  # fmt: skip
    """All parts, the animated ones first, the lower face in proportion."""
    points = _with_beard(lids.points, face, shared, identity)
    skin = Part(
        name="face",
        points=points,
        triangles=shared.triangles,
        uv=skin_uv(shared.arc / ARC_RADIUS, shared.level),
        material=Material.SKIN,
        jaw=jaw.weight,
        occlusion=inside_shade(shared),
    )
    tongue, *mouth = mouth_parts(face, shared)
    parts = [skin, tongue, *lash_parts(lids, shared, identity), *mouth, *eye_parts(lids)]
    if identity.headwear != "scarf":  # it lies closer than the ears stand out
        parts += ear_parts(identity)
    parts += glasses_parts(identity, lids, atlas)
    parts += hair_parts(identity, _stream(identity, 9))
    parts += headwear_parts(identity, _stream(identity, 10))
    parts += [neck_part(identity), *clothes_parts(identity, _stream(identity, 11))]
    warped = []
    for part in parts:
        share = np.broadcast_to(np.asarray(part.headness), (len(part.points),))[:, None]
        moved = lerp(part.points, proportion(part.points, identity), share)
        warped.append(attrs.evolve(part, points=moved))
    return warped


class Head:
    """A renderable head.

    Building one paints its texture and joins its mesh (a fraction of a second); rendering
    does not change it, so one head can be rendered any number of times in any order.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        shared = topology()
        face = face_shape(shared, identity)
        lids = fit_eyelids(face.points, shared, identity)
        jaw = jaw_rig(face, shared)
        atlas = _paint(identity)
        mesh = join(_parts(face, lids, jaw, shared, identity, atlas))
        lashes = {name: np.tile(lash_source(shared, eye), 3) for eye, name in enumerate(LASH_NAMES)}
        edge_of_lid = mesh.points[shared.eyes[:, 0], 1].max(1) - lids.centres[:, 1]
        self._textures = atlas.levels()
        self._mesh = mesh
        self._eyes = lids.centres
        self._landmarks = landmark_rig(shared, identity)
        self._light = lighting(identity)
        self._rig = posing.Rig(
            mesh=mesh,
            shapes=posing.shape_table(
                shape_deltas(face, shared), lids.lines, lids.bulges, lashes, mesh
            ),
            jaw=jaw,
            face_vertices=len(shared.level),
            eye_centres=lids.centres,
            eye_radius=lids.radius,
            lid_height=float(edge_of_lid.mean()),
            teeth_edge=_teeth_edge(mesh, jaw),
        )

    def render(
        self,
        parameters: NDArray[np.float32],
        size: int = 256,
        framing: Framing = FFHQ,
        *,
        supersample: bool = True,
    ) -> Frame:
        """One picture of the head.

        Args:
            parameters: [P] animation parameters, see ``parameters.PARAMETERS``.
            size: width and height of the picture, px.
            framing: size and place of the head in the picture.
            supersample: average 2 x 2 samples a pixel; off is faster and has jagged edges.

        Raises:
            InputError: a parameter or the size is out of range.
        """
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if not whole or not _SIZES[0] <= size <= _SIZES[1]:
            expected = f"a whole number from {_SIZES[0]} to {_SIZES[1]}"
            raise InputError(compose("picture size is not usable", expected=expected, given=size))
        if np.ndim(parameters) != 1:
            problem = "render takes the parameters of one frame"
            raise InputError(compose(problem, expected="[P]", given=np.shape(parameters)))
        check_parameters(parameters)
        samples = _SAMPLES if supersample else 1
        side = size * samples
        points, occlusion = posing.pose(self._rig, parameters)
        mesh, light = self._mesh, self._light
        camera = framing.projection(self._eyes, side)
        screen = np.empty_like(points)
        project(points, camera.focal, camera.centre_x, camera.centre_y, camera.eye_height,
                camera.distance, screen)  # fmt: skip
        normals = np.empty_like(points)
        smooth_normals(points, mesh.triangles, normals)
        depth, seen = np.empty((side, side), np.float32), np.empty((side, side), np.int32)
        rasterise(screen, mesh.triangles, mesh.two_sided, mesh.cutout, mesh.cut, mesh.uv,
                  self._textures[0], depth, seen)  # fmt: skip
        light_screen = shadow_screen(points, light.shadow_axes)
        shadow = np.empty((SHADOW_SIZE, SHADOW_SIZE), np.float32)
        rasterise_depth(light_screen, mesh.triangles, mesh.two_sided, mesh.casters, shadow)

        packed = np.empty((len(points), packing.PACKED), np.float32)
        packing.pack(
            screen, normals, points, mesh.uv, occlusion, light_screen, mesh.tangent, packed
        )
        image = np.empty((size, size, 3), np.uint8)
        texture = self._textures[sum(size < limit for limit in _COARSER_BELOW)]
        shading.resolve(
            seen, depth, samples, mesh.triangles, mesh.material, packed, texture, shadow,
            light.directions, light.colours, camera.distance, camera.eye_height,
            backdrop(self.identity, size), shading.SRGB, image,
        )  # fmt: skip
        found = screen_landmarks(self._landmarks, screen, float(parameters[INDEX["roll"]]))
        visible = visible_landmarks(found, depth)
        landmarks = (found[:, :2] / samples).astype(np.float32)
        return Frame(image=image, landmarks=landmarks, visible=visible)

    def landmark_track(self) -> LandmarkTrack:
        """What gives the landmarks of :meth:`render` without a picture, some 15 times as fast."""
        return LandmarkTrack(self._rig, self._landmarks, self._eyes)


def _teeth_edge(mesh: Mesh, jaw: JawRig) -> FloatArray:
    """Height and depth [pairs, 2] of the upper teeth's edge at each pair of lip points."""
    teeth = mesh.points[mesh.spans["upper_teeth"]].reshape(6, -1, 3)[-1]
    x = mesh.points[jaw.upper, 0]
    height = np.interp(x, teeth[:, 0], teeth[:, 1])
    depth = np.interp(x, teeth[:, 0], teeth[:, 2]) + _TEETH_FRONT
    return np.stack([height, depth], -1).astype(np.float32)
