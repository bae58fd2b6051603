"""Measurements of the renderer with dlib: shared by the tests (few frames) and the script."""

from __future__ import annotations

from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.dlib_face.models import identity_model, landmark_model
from styletalker.plugins.puppet.head import Frame, Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import PARAMETERS, parameters_from

REGIONS = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}
"""The landmarks of each region in iBUG order."""
ANGLES = {"yaw": 25.0, "pitch": 15.0, "roll": 15.0}
"""Largest head angles of the random frames, degrees."""


def random_parameters(rng: np.random.Generator) -> NDArray[np.float32]:
    """A random expression and pose; lip weights are sparse, as in speech."""
    values: dict[str, float] = {}
    for parameter in PARAMETERS:
        if parameter.name in ANGLES:
            values[parameter.name] = float(rng.uniform(-1, 1) * ANGLES[parameter.name])
        elif parameter.group in ("lips", "face"):
            values[parameter.name] = float(rng.random() * (rng.random() < 0.3))
    values["jaw"] = values["jaw"] * 0.8
    blink = float(rng.random() < 0.08)
    values["blink_l"] = values["blink_r"] = blink
    values["gaze_x"], values["gaze_y"] = float(rng.uniform(-15, 15)), float(rng.uniform(-8, 8))
    return parameters_from(**values)


def random_frames(
    count: int, seed: int, size: int = 256
) -> list[tuple[Frame, NDArray[np.float32]]]:
    """*count* frames of as many random identities."""
    frames = []
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        parameters = random_parameters(rng)
        frames.append((Head(Identity.sample(rng)).render(parameters, size), parameters))
    return frames


class Dlib:
    """dlib's detector, landmark predictor and identity network."""

    def __init__(self) -> None:
        self.detector: Any = dlib.get_frontal_face_detector()
        self.predictor: Any = landmark_model()
        self.recogniser: Any = identity_model()

    def finds(self, image: NDArray[np.uint8]) -> bool:
        """Whether the detector finds a face."""
        return len(self.detector(image)) > 0

    def landmarks(self, frame: Frame) -> NDArray[np.float64]:
        """Dlib's 68 landmarks of the face it finds (or of our landmarks' box)."""
        found = self.detector(frame.image)
        left, top = frame.landmarks.min(0)
        right, bottom = frame.landmarks.max(0)
        box = found[0] if found else dlib.rectangle(int(left), int(top), int(right), int(bottom))
        shape = self.predictor(frame.image, box)
        return np.array([(p.x, p.y) for p in shape.parts()], float) + 0.5

    def vector(self, frame: Frame) -> NDArray[np.float64]:
        """Dlib's 128 numbers of an identity."""
        found = self.detector(frame.image)
        left, top = frame.landmarks.min(0)
        right, bottom = frame.landmarks.max(0)
        box = found[0] if found else dlib.rectangle(int(left), int(top), int(right), int(bottom))
        shape = self.predictor(frame.image, box)
        return np.array(self.recogniser.compute_face_descriptor(frame.image, shape))


def eye_distance(landmarks: NDArray[Any]) -> float:
    """Distance of the eyes' centres in pixels."""
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))


def roc_auc(same: NDArray[np.float64], different: NDArray[np.float64]) -> float:
    """Chance that a *same* distance is smaller than a *different* one."""
    ranks = np.concatenate([same, different]).argsort().argsort() + 1.0
    wins = ranks[len(same) :].sum() - len(different) * (len(different) + 1) / 2
    return float(wins / (len(same) * len(different)))


def pair_distances(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances between views of the same and of different identities, of [people, views, 128]."""
    people, views = vectors.shape[:2]
    flat = vectors.reshape(people * views, -1)
    distance = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    owner = np.repeat(np.arange(people), views)
    upper = np.triu(np.ones_like(distance, bool), 1)
    same = owner[:, None] == owner[None]
    return distance[upper & same], distance[upper & ~same]


CLOSED: dict[str, dict[str, float]] = {
    "rest": {},
    "press": {"press": 1.0},
    "press, jaw half open": {"press": 1.0, "jaw": 0.5},
    "press, smile": {"press": 1.0, "smile": 1.0, "spread": 1.0},
}
"""Parameters under which the lips must be shut."""
