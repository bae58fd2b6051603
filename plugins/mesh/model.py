"""The puppet's face as a linear model of what its landmarks need: fast enough to be fitted."""

from __future__ import annotations

import functools

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.blendshapes import SHAPES, JawRig, jaw_rig, shape_deltas
from styletalker.plugins.puppet.face import FaceShape, face_shape
from styletalker.plugins.puppet.fields import FloatArray
from styletalker.plugins.puppet.identity import Identity, bounds
from styletalker.plugins.puppet.landmarks import LandmarkRig, landmark_rig
from styletalker.plugins.puppet.lids import fit_eyelids
from styletalker.plugins.puppet.skull import proportion
from styletalker.plugins.puppet.topology import topology

__all__ = ["EXPRESSIONS", "FIELDS", "FaceModel", "Neutral", "face_model", "identity_of",
           "neutral_face"]  # fmt: skip

FIELDS = (
    "face_width", "face_length", "jaw_width", "chin_length", "chin_width", "cheek_fullness",
    "cheekbone", "brow_ridge", "nose_width", "nose_length", "nose_projection", "nose_bridge",
    "eye_size", "eye_opening", "eye_separation", "eye_tilt", "brow_height", "brow_arch",
    "brow_tilt", "upper_lip", "lower_lip", "mouth_width", "mouth_height", "child",
)  # fmt: skip
"""Fields of an identity that landmarks tell something about."""
EXPRESSIONS = ("part", "round", "spread", "press", "lip_up", "smile", "frown", "brow_up",
               "brow_in", "squint")  # fmt: skip
"""Blend shapes that a photo may show."""
_SPREAD = 0.28
"""Standard deviation of an identity's field as a part of its range."""


@attrs.frozen(kw_only=True, eq=False)
class Neutral:
    """The puppet's face of one identity at rest, without texture, hair and eyes."""

    identity: Identity
    """Whose face it is."""
    face: FaceShape
    """The shape and its warped flat domain."""
    points: NDArray[np.float64]
    """[V, 3] with lids, the lower face in proportion; cm."""
    jaw: JawRig
    """How it hangs on the jaw."""
    shapes: NDArray[np.float64]
    """[shapes, V, 3] displacements in the order of SHAPES."""


@attrs.frozen(kw_only=True, eq=False)
class FaceModel:
    """Points that carry landmarks, N = 51 + curves * samples, as a linear model."""

    rig: LandmarkRig
    """Which of the points make which landmark."""
    mean: NDArray[np.float64]
    """[N, 3] of the average identity, cm."""
    fields: NDArray[np.float64]
    """[fields, N, 3] by one standard deviation of each field."""
    expressions: NDArray[np.float64]
    """[expressions, N, 3] by a weight of 1."""
    jaw: NDArray[np.float64]
    """[N] weights of the jaw's turn."""


def identity_of(values: FloatArray) -> Identity:
    """The identity [fields] standard deviations from the average, within its ranges."""
    limits, average = bounds(), Identity()
    chosen: dict[str, object] = {}
    for name, value in zip(FIELDS, values, strict=True):
        low, high = limits[name]
        wanted = getattr(average, name) + float(value) * _SPREAD * (high - low)
        chosen[name] = float(np.clip(wanted, low, high))
    return Identity.from_dict(chosen)


def neutral_face(identity: Identity) -> Neutral:
    """The face of *identity*; a few milliseconds."""
    shared = topology()
    face = face_shape(shared, identity)
    lids = fit_eyelids(face.points, shared, identity)
    return Neutral(
        identity=identity,
        face=face,
        points=proportion(lids.points, identity).astype(np.float64),
        jaw=jaw_rig(face, shared),
        shapes=shape_deltas(face, shared).astype(np.float64),
    )


@functools.lru_cache(1)
def face_model() -> FaceModel:
    """The model; a fifth of a second, once in a process."""
    shared = topology()
    average = neutral_face(Identity())
    rig = landmark_rig(shared, average.identity)
    mean = _carried(rig, average.points)
    fields = []
    for k in range(len(FIELDS)):
        ends = []
        for sign in (1.0, -1.0):
            step = np.zeros(len(FIELDS))
            step[k] = sign
            other = neutral_face(identity_of(step))
            ends.append(_carried(landmark_rig(shared, other.identity), other.points))
        up, down = ends
        one_sided = FIELDS[k] == "child"  # the average is the end of its range
        fields.append(up - mean if one_sided else (up - down) / 2)
    names = list(SHAPES)
    shapes = [_carried(rig, average.shapes[names.index(name)]) for name in EXPRESSIONS]
    return FaceModel(
        rig=_renumbered(rig),
        mean=mean,
        fields=np.stack(fields),
        expressions=np.stack(shapes),
        jaw=_carried(rig, average.jaw.weight[:, None])[:, 0],
    )


def _carried(rig: LandmarkRig, values: FloatArray) -> NDArray[np.float64]:
    """Values [N, k] at the points that carry landmarks, of values [V, k] of the vertices."""
    fixed = (values[rig.fixed_vertices] * rig.fixed_weights[..., None]).sum(1)
    curves = (values[rig.jaw_vertices] * rig.jaw_weights[..., None]).sum(2)
    return np.concatenate([fixed, curves.reshape(-1, values.shape[-1])]).astype(np.float64)


def _renumbered(rig: LandmarkRig) -> LandmarkRig:
    """The same rig over the N carried points themselves."""
    fixed, (curves, samples) = len(rig.fixed_vertices), rig.jaw_vertices.shape[:2]
    first = np.array([1.0, 0.0, 0.0])
    numbers = fixed + np.arange(curves * samples).reshape(curves, samples)
    return attrs.evolve(
        rig,
        fixed_vertices=np.arange(fixed)[:, None].repeat(3, 1),
        fixed_weights=np.broadcast_to(first, (fixed, 3)),
        jaw_vertices=numbers[..., None].repeat(3, 2),
        jaw_weights=np.broadcast_to(first, (curves, samples, 3)),
    )
