"""Draws docs/images/photo-astronaut.jpg: frames of a photo that talks. photo_pictures.py [OUT]"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image
from styletalker.core.talker import Talker
from styletalker.plugins.puppet.performance import perform

FRAMES = (0, 12, 27, 41, 58, 66, 83, 96)
SIDE = 200


def main() -> None:
    """Generate, and put eight frames side by side."""
    root = Path(__file__).resolve().parents[2]
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "docs/images/photo-astronaut.jpg"
    text = "My mother bought fifty big apples, and we moved the boat by morning."
    talk = perform(np.random.default_rng(4), text=text)
    talker = Talker.from_pretrained("builtin:portrait")
    photo = np.asarray(skimage.data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
    frames = list(talker.stream(photo, [talk.waveform], seed=2))
    cut = [
        Image.fromarray(frames[min(t, len(frames) - 1)]).crop((124, 0, 334, 210)) for t in FRAMES
    ]
    sheet = Image.new("RGB", (SIDE * len(cut), SIDE))
    for place, one in enumerate(cut):
        sheet.paste(one.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (place * SIDE, 0))
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main()
