"""Measure the renderer: speed, faces found, landmark agreement, identity, lip closure.

Run as ``python tests/benchmarks/puppet_render.py [speed|faces|spoken|identity|lips ...]`` with
OMP_NUM_THREADS=1. ``faces`` draws expressions at random, also impossible ones; ``spoken`` takes
random moments of people of the corpus who speak.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.head import Frame, Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.landmarks import lip_aperture
from styletalker.plugins.puppet.parameters import parameters_from
from support import render_measures as measures

FRAMES, IDENTITIES, VIEWS, LIP_IDENTITIES = 500, 100, 6, 60
LOST = 15.0
"""Mean distance, in % of the eye distance, over which dlib's predictor has lost a face."""


def _identity(k: int) -> Identity:
    return Identity.sample(np.random.default_rng([9, k]))


def throughput(seconds: float, size: int) -> float:
    """Frames a second of one process over *seconds*."""
    head = Head(_identity(0))
    parameters = [measures.random_parameters(np.random.default_rng(k)) for k in range(20)]
    head.render(parameters[0], size)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        head.render(parameters[count % 20], size)
        count += 1
    return count / (time.perf_counter() - start)


def speed() -> None:
    """Time of a build and of a frame; two processes against one."""
    Head(_identity(0)).render(parameters_from(), 128)
    builds, heads = [], []
    for k in range(24):
        start = time.perf_counter()
        heads.append(Head(_identity(k)))
        builds.append(time.perf_counter() - start)
    print(f"build: mean {np.mean(builds):.3f} s, worst {np.max(builds):.3f} s")
    for size in (128, 256):
        for supersample in (True, False):
            times = []
            for head in heads:
                head.render(parameters_from(), size, supersample=supersample)
                for k in range(8):
                    parameters = measures.random_parameters(np.random.default_rng(k))
                    start = time.perf_counter()
                    head.render(parameters, size, supersample=supersample)
                    times.append(time.perf_counter() - start)
            print(
                f"{size} px, supersample {supersample}: mean {1e3 * np.mean(times):.1f} ms, "
                f"median {1e3 * np.median(times):.1f} ms"
            )
    for size in (128, 256):
        command = [sys.executable, __file__, "throughput", str(size)]
        alone = float(subprocess.run(command, capture_output=True, check=True).stdout)
        pair = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        both = sum(float(process.communicate()[0]) for process in pair)
        print(f"{size} px: one process {alone:.1f}/s, two {both:.1f}/s = {both / alone:.2f}x")


def faces() -> None:
    """How many random frames dlib finds, and how far its landmarks are from ours.

    The predictor sometimes loses a face it has found (it draws the mouth at the nose); frames
    with a mean distance over LOST are counted as such and also left out of a second mean.
    """
    _agreement(measures.random_frames(1, seed=1000 + k)[0][0] for k in range(FRAMES))


def spoken() -> None:
    """The same on random moments of speech, one each of so many people of the corpus."""
    corpus = Puppet(PuppetConfig(resolution=256, test_identities=FRAMES))

    def moments() -> Iterator[Frame]:
        for k in range(FRAMES):
            person, performance = corpus.performance("test", k)
            moment = np.random.default_rng([5, k]).integers(performance.frames)
            yield Head(person.identity).render(performance.parameters[moment], 256)

    _agreement(moments())


def _agreement(frames: Iterable[Frame]) -> None:
    tool, rows, visible, offsets = measures.Dlib(), [], [], []
    for frame in frames:
        if not tool.finds(frame.image):
            continue
        offset = tool.landmarks(frame) - frame.landmarks
        offset *= 100 / measures.eye_distance(frame.landmarks)
        offsets.append(offset)
        rows.append(np.linalg.norm(offset, axis=1))
        visible.append(frame.visible)
    distance, seen = np.array(rows), np.array(visible)
    kept = distance.mean(1) < LOST
    print(f"found {len(rows)} of {FRAMES} = {100 * len(rows) / FRAMES:.1f} %")
    print(
        f"distance in % of the eye distance: mean {distance.mean():.2f}, of visible landmarks "
        f"{distance[seen].mean():.2f}, median of frames {np.median(distance.mean(1)):.2f}; "
        f"without {np.sum(~kept)} frames the predictor lost {distance[kept].mean():.2f}"
    )
    for name, region in measures.REGIONS.items():
        median = np.median(np.array(offsets)[kept][:, region], 0)
        bias = " ".join(f"{x:.0f},{y:.0f}" for x, y in median)
        mean, without = distance[:, region].mean(), distance[kept][:, region].mean()
        print(f"{name}: mean {mean:.1f}, without the lost {without:.1f}; bias {bias}")


def identity() -> None:
    """ROC-AUC of dlib's identity vectors over poses and expressions."""
    tool, vectors = measures.Dlib(), []
    for k in range(IDENTITIES):
        head = Head(_identity(k))
        rng = np.random.default_rng([3, k])
        frames = [head.render(measures.random_parameters(rng)) for _ in range(VIEWS)]
        vectors.append([tool.vector(frame) for frame in frames])
    same, different = measures.pair_distances(np.array(vectors))
    print(
        f"ROC-AUC {measures.roc_auc(same, different):.4f}; mean distance of the same "
        f"{same.mean():.3f}, of different {different.mean():.3f}"
    )


def lips() -> None:
    """Largest aperture of lips that should be closed, over identities and poses."""
    worst: dict[str, float] = {}
    for k in range(LIP_IDENTITIES):
        head = Head(_identity(k))
        for name, values in measures.CLOSED.items():
            for yaw in (-20.0, 0.0, 20.0):
                frame = head.render(parameters_from(**values, yaw=yaw), 128)
                aperture = float(lip_aperture(frame.landmarks))
                worst[name] = max(worst.get(name, 0.0), aperture)
    print("; ".join(f"{name}: worst {100 * value:.2f} %" for name, value in worst.items()))


def main(arguments: list[str]) -> None:
    """Run the named measurements, or all of them."""
    if arguments[:1] == ["throughput"]:
        print(throughput(6.0, int(arguments[1])))
        return
    chosen = {"speed": speed, "faces": faces, "spoken": spoken, "identity": identity, "lips": lips}
    for name in arguments or chosen:
        chosen[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
