"""Make evaluation/mean_face.csv: python tests/benchmarks/mean_face.py > evaluation/mean_face.csv

The 68 landmarks in space of the mean puppet: resting faces of 200 random identities, looking
straight ahead, each in units of the distance between its outer eye corners, then averaged and made
symmetric. x is to the right of the image, y up, z towards the camera; the origin is in the middle
between the outer eye corners.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet import posing
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.landmarks import screen_landmarks
from styletalker.plugins.puppet.parameters import neutral

IDENTITIES = 200
MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47,
     46, 39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60,
     67, 66, 65]
)  # fmt: skip
"""The landmark at the other side of the face."""


def landmarks_in_space(head: Head) -> NDArray[np.float64]:
    """[68, 3] of the resting face, seen without perspective."""
    vertices, _ = posing.pose(head._rig, neutral(1)[0])
    down = np.array([1.0, -1.0, 1.0])
    points = screen_landmarks(head._landmarks, vertices.astype(np.float64) * down, 0.0) * down
    points -= (points[36] + points[45]) / 2
    result: NDArray[np.float64] = points / np.linalg.norm(points[45] - points[36])
    return result


def main() -> None:
    """Average and print."""
    faces = [
        landmarks_in_space(Head(Identity.sample(np.random.default_rng([17, k]))))
        for k in range(IDENTITIES)
    ]
    mean = np.mean(faces, 0)
    mean = (mean + mean[MIRROR] * (-1.0, 1.0, 1.0)) / 2
    print("point,x,y,z")
    for index, (x, y, z) in enumerate(mean):
        print(f"{index},{x:.4f},{y:.4f},{z:.4f}")


if __name__ == "__main__":
    main()
