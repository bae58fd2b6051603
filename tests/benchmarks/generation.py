"""Speed and memory of generation: python tests/benchmarks/generation.py [THREADS [SECONDS ...]]

An untrained talker of default size (portrait_warp at 128 px, mel, conditional_sequential,
autoregressive_flow) makes a video with sound for each length, by default 10 s and 10 min, each in
a process of its own. This prints frames per second end to end, with encoding, as a ratio to 25,
the same per second of CPU time (what a busy machine does not change), and the process's peak
memory. First come the milliseconds per frame of images made in groups of
several sizes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))

from styletalker.core.generation.networks import Networks
from styletalker.core.talker import Talker
from support.talker import save_tiny_talker, speech, talker_registry, write_portrait, write_wav

GROUPS = (1, 2, 4, 8, 16)


def groups(networks: Networks) -> str:
    """Milliseconds per frame of the generator alone."""
    image = torch.zeros(1, 3, networks.generator.resolution, networks.generator.resolution)
    person, figures = networks.invert(image), []
    with torch.no_grad():
        for size in GROUPS:
            codes, best = person.ws.repeat(size, 1, 1), float("inf")
            for _ in range(5):
                start = time.perf_counter()
                person.generator.synthesis(codes)
                best = min(best, time.perf_counter() - start)
            figures.append(f"{size}: {1000 * best / size:.1f}")
    return "image, ms a frame in groups of " + ", ".join(figures)


def measure(folder: Path, seconds: float, threads: int) -> str:
    """Make one video of *seconds*."""
    torch.set_num_threads(threads)
    talker = Talker.from_pretrained(folder / "talker", talker_registry(), device="cpu")
    sound = write_wav(folder / f"{seconds}.wav", speech(seconds))
    begun = time.process_time()
    made = talker.generate(folder / "p.png", sound, folder / f"{seconds}.mp4", overwrite=True)
    spent = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{threads} threads, {seconds:g} s: {made.frames_per_s:.1f} frames/s, "
        f"{made.frames_per_s / 25:.2f} times real time, "
        f"{made.frames / spent:.1f} frames per CPU second, peak {peak:.0f} MiB"
    )


def main() -> None:
    """Measure and print."""
    if len(sys.argv) == 5 and sys.argv[1] == "one":
        print(measure(Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])), flush=True)
        return
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    lengths = sys.argv[2:] or ["10", "600"]
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_tiny_talker(folder / "talker", smoke=False)
        write_portrait(folder / "p.png")
        talker = Talker.from_pretrained(folder / "talker", talker_registry(), device="cpu")
        print(groups(talker._networks), flush=True)
        for seconds in lengths:
            command = [sys.executable, __file__, "one", name, seconds, str(threads)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
