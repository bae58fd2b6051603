"""Speed and steadiness of video analysis: python tests/benchmarks/preparation.py VIDEO...

For each video this prints what was found, the processor's time per frame (decoding, faces, crops,
identity, all of it) and the peak of memory, and for the clips' landmarks, in pixels at 256 px:

*jitter* where the head is still. How the head moves is measured without landmarks: Lucas-Kanade
flow of some eighty corners on the nose, the forehead and around the eyes, forwards and backwards,
and a similarity fitted to it by RANSAC. Still are pairs of frames between which the nose moves by
less than 0.2 px. Jitter is the root mean square, over these pairs, of the distance by which
landmarks moved less that by which the flow moves them; of two frames' noise it holds both, so it
is 1.4 times the tremble of one frame.

With ``puppets`` instead of videos: the distance to the true landmarks over ten clips of the corpus
``puppet`` written as files at 256 px, of which the constant part (dlib and the puppets put some
points elsewhere) is told apart.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from styletalker.core.media.movie import MovieFile
from styletalker.core.media.video import write_video
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.preparation.analysis.config import AnalysisConfig
from styletalker.plugins.preparation.analysis.results import Candidate
from styletalker.plugins.preparation.analysis.stream import candidates
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet

GROUPS = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "lips": slice(48, 68),
}
STILL_PX = 0.2
FOREHEAD_PX = 25

FloatArray = NDArray[np.float64]


def head_motion(
    before: NDArray[np.uint8], after: NDArray[np.uint8], face: FloatArray
) -> FloatArray:
    """The similarity [2, 3] by which a head moved between two grey pictures."""
    forehead = face[17:27] - (0, FOREHEAD_PX)
    region = np.concatenate([face[27:36], forehead, face[[36, 45]]]).astype(np.int32)
    mask = np.zeros_like(before)
    cv2.fillConvexPoly(mask, cv2.convexHull(region), (255,))
    for eye in (slice(36, 42), slice(42, 48)):
        cv2.fillConvexPoly(mask, cv2.convexHull(face[eye].astype(np.int32)), (0,))
    corners = cv2.goodFeaturesToTrack(before, 80, 0.005, 4, mask=mask)
    window = {"winSize": (15, 15), "maxLevel": 2}
    moved, good, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, None, **window)  # type: ignore[call-overload]
    back, _, _ = cv2.calcOpticalFlowPyrLK(after, before, moved, None, **window)  # type: ignore[call-overload]
    kept = (good.ravel() > 0) & (np.linalg.norm(corners - back, axis=-1).ravel() < 0.2)
    fitted, _ = cv2.estimateAffinePartial2D(corners[kept], moved[kept], ransacReprojThreshold=0.5)
    return np.asarray(fitted, np.float64)


def jitter_of(clip: Candidate) -> str:
    """Jitter of a clip's landmarks where the head is still."""
    scale = 256 / clip.frames.shape[1]
    points = clip.landmarks.astype(np.float64)
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip.frames]
    rest, speeds = [], []
    for t in range(len(grey) - 1):
        motion = head_motion(np.asarray(grey[t]), np.asarray(grey[t + 1]), points[t])
        carried = points[t] @ motion[:, :2].T + motion[:, 2]
        speeds.append(float(np.linalg.norm(carried - points[t], axis=-1)[GROUPS["nose"]].mean()))
        rest.append(points[t + 1] - carried)
    still = np.array(speeds) * scale < STILL_PX
    if not still.any():
        return "the head is never still"
    off = scale * np.linalg.norm(np.stack(rest)[still], axis=-1)
    parts = {name: np.sqrt((off[:, group] ** 2).mean()) for name, group in GROUPS.items()}
    face = np.sqrt((off[:, 17:48] ** 2).mean())
    said = ", ".join(f"{name} {value:.2f}" for name, value in parts.items())
    pairs = f"{int(still.sum())} still pairs of frames"
    return f"jitter in {pairs}: {face:.2f} px without jaw and lips; {said}"


def analysed(path: Path, config: AnalysisConfig) -> list[Candidate]:
    """The candidates of a file; what was found and how long it took is printed."""
    analyser = Dlib(DlibConfig(min_side=160, upsample_on_miss=0))
    done = [0]
    start = time.process_time()
    found = []
    for one in candidates(MovieFile.open(path), config, analyser, done.append):
        if isinstance(one, Candidate):
            found.append(one)
        else:
            print(f"  {one.start}-{one.stop}: {one.reason} {one.detail}")
    spent = (time.process_time() - start) / max(done) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{path.name}: {len(found)} clips, {spent:.1f} ms a frame, peak {peak:.0f} MB")
    return found


def puppets() -> None:
    """Distances to the ground truth."""
    corpus = Puppet(PuppetConfig(resolution=256, frames=75))
    whole, moving = [], []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(10):
            clip = corpus.clip("test", index)
            assert clip.landmarks is not None
            path = Path(folder) / f"puppet-{index}.mp4"
            write_video(path, clip.frames, fps=25)
            for found in analysed(path, AnalysisConfig()):
                seen = found.window.to_input(found.landmarks, 256)
                off = seen - clip.landmarks[found.start : found.stop]
                whole.append(np.linalg.norm(off, axis=-1).mean(0))
                moving.append(np.linalg.norm(off - off.mean(0), axis=-1).mean(0))
    for name, values in (("in all", whole), ("without the constant part", moving)):
        mean = np.mean(values, 0)
        said = ", ".join(f"{group} {mean[points].mean():.2f}" for group, points in GROUPS.items())
        print(f"off by {mean.mean():.2f} px {name}: {said}")


def main() -> None:
    """Measure and print."""
    cv2.setNumThreads(1)
    for name in sys.argv[1:]:
        if name == "puppets":
            puppets()
            continue
        for clip in analysed(Path(name), AnalysisConfig()):
            print(f"  {clip.start}-{clip.stop}: {jitter_of(clip)}")


if __name__ == "__main__":
    main()
