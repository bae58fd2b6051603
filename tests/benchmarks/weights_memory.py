"""Memory that loading a weight file of half a gigabyte takes: weights_memory.py [MEGABYTES]

A StyleGAN2 generator of about that size (510 MB unless said otherwise) is written in three public
layouts on the spot. For each, a fresh process prints its anonymous memory (pages of the mapped file
do not count: the system takes them back when it needs them), as the most there was

* while the file was recognised, all names and shapes known,
* while every tensor was read once, one after the other,
* while a recipe's way built the generator and loaded it, beside the size of the generator itself.
"""

from __future__ import annotations

import math
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import torch
from styletalker.plugins.stylegan2.config import StyleGAN2Config
from styletalker.plugins.stylegan2.generator import StyleGAN2
from styletalker.plugins.stylegan2.public import to_public
from styletalker.plugins.stylegan2.rosinality import from_public_names
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))

LAYOUTS = ("network-pickle", "torch-zip", "torch-legacy")


def config_of(megabytes: int) -> StyleGAN2Config:
    """A generator of about that size: parameters grow with the square of the width."""
    width = round(512 * math.sqrt(megabytes / 99) / 8) * 8
    return StyleGAN2Config(channel_base=32 * width, channel_max=width)


def write(path: Path, layout: str, megabytes: int) -> None:
    """The generator in a public layout; in a process of its own, which forgets it."""
    from support.public_files import network_tree, write_network_pickle, write_torch

    config = config_of(megabytes)
    with torch.device("meta"):
        shapes = to_public(StyleGAN2(config).state_dict()).shapes
    state: dict[str, Tensor] = {name: torch.full(shape, 0.5) for name, shape in shapes.items()}
    if layout == "network-pickle":
        arguments = {"conv_clamp": 256, "img_channels": 3}
        write_network_pickle(path, {"G_ema": network_tree(state, "Generator", arguments)})
    else:
        content = {"g_ema": from_public_names(state), "latent_avg": state["mapping.w_avg"]}
        write_torch(path, content, zip_file=layout == "torch-zip")


def anonymous() -> float:
    """Anonymous memory of this process in megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("RssAnon"))
    return int(kilobytes) / 1000


def most(call: Callable[[], object]) -> float:
    """How far anonymous memory rose above its start, at most, while *call* ran."""
    start, seen, done = anonymous(), [0.0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(anonymous())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        kept = call()
        seen.append(anonymous())
    finally:
        done.set()
        watcher.join()
    del kept
    return max(seen) - start


def read_all(path: Path) -> float:
    """The sum of all numbers, one tensor after the other."""
    from styletalker.core.weights_file.read import read_weights_file

    return sum(float(tensor.sum()) for tensor in read_weights_file(path).tensors.values())


def measure(path: Path) -> None:
    """Print one line; in a fresh process."""
    from styletalker.core.registry import Registry
    from styletalker.core.weights_file.load import load_public
    from styletalker.core.weights_file.read import read_weights_file

    torch.set_num_threads(1)
    registry = Registry.installed()
    torch.ones(2).sum()
    recognised = most(lambda: read_weights_file(path).tensors.shapes)
    read = most(lambda: read_all(path))
    layout, size = (lambda file: (file.layout, file.tensors.nbytes / 1e6))(read_weights_file(path))
    loaded = most(lambda: load_public(path, registry, role="generator"))
    module = sum(p.nbytes for p in load_public(path, registry, role="generator")[0].parameters())
    print(
        f"{layout}: file {path.stat().st_size / 1e6:.0f} MB, tensors {size:.0f} MB; recognised "
        f"{recognised:.0f} MB, read {read:.0f} MB, loaded {loaded:.0f} MB for a generator of "
        f"{module / 1e6:.0f} MB",
        flush=True,
    )


def main() -> None:
    """Write, measure, remove."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 510
    fresh = multiprocessing.get_context("spawn")
    for layout in LAYOUTS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights"
            for step, arguments in ((write, (path, layout, megabytes)), (measure, (path,))):
                process = fresh.Process(target=step, args=arguments)
                process.start()
                process.join()
                if process.exitcode:
                    raise SystemExit(f"{layout}: {step.__name__} failed")


if __name__ == "__main__":
    main()
