"""SyncNet's features of a 20-second clip: window by window in batches of 20, and as scored.

    python tests/benchmarks/syncnet_scoring.py [FRAMES]

Both passes run in this process, in turns of 20 windows with as many threads as torch has, on seeded
weights and frames: machines that are shared slow both alike. Prints the milliseconds a window of
each, the ratio, and the largest difference of the features relative to their largest number. The
plain pass is the public one: five frames stacked to a window, 20 windows to a batch, 3-D
convolutions with batch normalisation. FRAMES (500) are the clip's.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from styletalker.plugins.syncnet.fast import fast_streams
from styletalker.plugins.syncnet.front_end import mfcc, mfcc_windows
from styletalker.plugins.syncnet.network import WINDOW_FRAMES, SyncNetNetwork
from styletalker.plugins.syncnet.scoring import BATCH, Streams, compare, window_count


@torch.no_grad()
def main(frames: int) -> None:
    torch.manual_seed(0)
    network = SyncNetNetwork().eval()
    network.netcnnlip[0].get_parameter("weight").data /= 64
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (frames, 28, 28, 3)).astype(np.uint8)
    samples = rng.normal(0, 3000, frames * 640).astype(np.int16)
    count = window_count(frames, len(samples))
    sound = torch.from_numpy(mfcc_windows(mfcc(samples), count))
    ways = {"plain": Streams.plain(network), "fast": fast_streams(network)}
    spent: dict[str, dict[str, float]] = {way: {"video": 0.0, "audio": 0.0} for way in ways}
    found: dict[str, list[list[torch.Tensor]]] = {way: [[], []] for way in ways}
    for start in range(0, count, BATCH):
        stop = min(start + BATCH, count)
        faces = small[start : stop + WINDOW_FRAMES - 1].repeat(8, 1).repeat(8, 2)
        pixels = torch.from_numpy(faces).permute(0, 3, 1, 2).float()
        for way, streams in ways.items():
            begin = time.process_time()
            seen = streams.video(pixels)
            middle = time.process_time()
            heard = streams.audio(sound[start:stop])
            end = time.process_time()
            spent[way]["video"] += middle - begin
            spent[way]["audio"] += end - middle
            found[way][0].append(seen)
            found[way][1].append(heard)
    for way, parts in spent.items():
        text = ", ".join(f"{name} {1000 * value / count:.1f}" for name, value in parts.items())
        print(f"{way}: {1000 * sum(parts.values()) / count:.1f} ms of CPU a window ({text})")
    total = {way: sum(parts.values()) for way, parts in spent.items()}
    print(f"{count} windows, {torch.get_num_threads()} threads: ratio "
          f"{total['plain'] / total['fast']:.2f}")  # fmt: skip
    scores = []
    for way in ways:
        features = [torch.cat(part).numpy() for part in found[way]]
        scores.append((features, compare(features[0], features[1])))
    (one, plain), (other, fast) = scores
    for name, a, b in zip(("video", "audio"), one, other, strict=True):
        print(
            f"{name}: largest difference {np.abs(a - b).max() / np.abs(a).max():.1e} of the largest"
        )
    for name, score in (("plain", plain), ("fast", fast)):
        numbers = f"LSE-D {score.distance:.6f}, LSE-C {score.confidence:.6f}"
        print(f"{name}: {numbers}, offset {score.offset_frames}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
