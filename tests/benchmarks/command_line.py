"""How long the commands take that only look: python tests/benchmarks/command_line.py

Each is run several times in turn with a bare Python process; the ratio of the medians is what can
be compared between machines.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "toolkit list": ["-m", "styletalker", "list"],
    "toolkit --help": ["-m", "styletalker", "--help"],
    "toolkit show stage model_summary": ["-m", "styletalker", "show", "stage", "model_summary"],
    "import torch": ["-c", "import torch"],
}
ROUNDS = 7


def main() -> None:
    """Measure and print."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
            times[name].append(time.perf_counter() - start)
    base = statistics.median(times["python -c pass"])
    for name, measured in times.items():
        middle = statistics.median(measured)
        print(f"{name:34} {middle * 1000:6.0f} ms {middle / base:7.1f} x a bare python")


if __name__ == "__main__":
    main()
