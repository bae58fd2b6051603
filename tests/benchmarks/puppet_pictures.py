"""Contact sheets of the puppet: python tests/benchmarks/puppet_pictures.py FOLDER

People, mouth shapes, poses, blinks and gaze. The documentation's pictures are made by this.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.parameters import parameters_from

SHAPES: dict[str, dict[str, float]] = {
    "rest": {},
    "p b m": {"press": 1.0},
    "f v": {"fv": 1.0, "lip_up": 0.4, "jaw": 0.08},
    "th": {"jaw": 0.18, "part": 0.45, "tongue": 1.0},
    "t d n l": {"jaw": 0.2, "part": 0.45, "tongue": 0.75, "spread": 0.15},
    "s z": {"jaw": 0.05, "part": 0.6, "spread": 0.4, "tongue": 0.3},
    "sh ch": {"jaw": 0.1, "part": 0.7, "round": 0.6},
    "oo": {"jaw": 0.1, "part": 0.25, "round": 1.0},
    "oh": {"jaw": 0.42, "part": 0.4, "round": 0.7},
    "ah": {"jaw": 0.9, "part": 0.45},
    "eh": {"jaw": 0.45, "part": 0.5, "spread": 0.35},
    "ee": {"jaw": 0.18, "part": 0.5, "spread": 0.8},
    "smile": {"smile": 0.8},
    "frown": {"frown": 0.8},
    "brows up": {"brow_up": 1.0},
    "brows in": {"brow_in": 1.0},
}
ANGLES = [(-25, 0, 0), (-12, 0, 0), (12, 0, 0), (25, 0, 0), (0, -15, 0), (0, 15, 0), (0, 0, 15)]
LIDS = [0.0, 0.25, 0.5, 0.75, 1.0]
GAZE = [(-20, 0), (20, 0), (0, 12)]


def grid(images: list[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Images side by side."""
    rows = [np.concatenate(images[i : i + columns], 1) for i in range(0, len(images), columns)]
    return np.concatenate(rows)


def save(folder: Path, name: str, sheet: NDArray[np.uint8]) -> None:
    """Write a sheet as JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(folder / f"puppet-{name}.jpg", quality=85)
    print(folder / f"puppet-{name}.jpg")


def main() -> None:
    """Render the four sheets."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
    corpus = Puppet(PuppetConfig())
    heads = [Head(corpus.person("train", number).identity) for number in range(48)]
    rng = np.random.default_rng(1)
    people = []
    for head in heads:
        yaw, pitch = float(rng.uniform(-18, 18)), float(rng.uniform(-8, 8))
        smile, jaw = float(rng.uniform(0, 0.5)), float(rng.choice([0.0, 0.0, 0.3]))
        people.append(
            head.render(parameters_from(yaw=yaw, pitch=pitch, smile=smile, jaw=jaw), 160).image
        )
    save(folder, "identities", grid(people, 12))
    mouths = [
        head.render(parameters_from(**values), 256).image[112:240, 64:192]
        for head in heads[2:6]
        for values in SHAPES.values()
    ]
    save(folder, "mouths", grid(mouths, len(SHAPES)))
    poses = [
        head.render(parameters_from(yaw=yaw, pitch=pitch, roll=roll), 192).image
        for head in heads[6:10]
        for yaw, pitch, roll in ANGLES
    ]
    save(folder, "poses", grid(poses, len(ANGLES)))
    eyes = []
    for head in heads[10:14]:
        states = [parameters_from(blink_l=lid, blink_r=lid) for lid in LIDS]
        states += [parameters_from(gaze_x=x, gaze_y=y) for x, y in GAZE]
        eyes += [head.render(state, 384).image[96:224, 96:288] for state in states]
    save(folder, "eyes", grid(eyes, len(LIDS) + len(GAZE)))


if __name__ == "__main__":
    main()
