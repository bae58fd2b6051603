"""The hair styles as numbers: where strands start, how they lie and where they end."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

__all__ = ["HAIR_STYLES", "HairStyle"]


@attrs.frozen(kw_only=True)
class HairStyle:
    """A cap of strands that leave a whorl and end at the hairline, or fall from it."""

    top: float
    """Height of the hair over the crown, cm."""
    sides: float
    """Height over the temples and the nape, cm."""
    front: float = 0.0
    """Extra height over the forehead, cm."""
    whorl_back: float = 15.0
    """Where strands start, degrees behind the top of the head; negative is in front."""
    whorl_side: float = 0.0
    """Where strands start, degrees to one side; the identity's seed decides which."""
    fringe: float = 0.0
    """How far strands hang over the forehead, cm."""
    fall: float = 0.0
    """Length of strands that fall below the hairline, cm."""
    taper: float = 2.0
    """Distance from the edge over which the hair reaches its height, cm."""
    wave: float = 0.0
    """Sideways waves of falling strands, cm."""
    curl: float = 0.0
    """Height of curls, cm; above 0 the texture is curly."""
    ragged: float = 1.6
    """Distance from the edge over which strands thin out, cm."""
    bun: bool = False
    """A bun behind the top of the head."""


HAIR_STYLES: Mapping[str, HairStyle] = {
    "crop": HairStyle(top=0.55, sides=0.16, whorl_back=35, taper=2.2, ragged=1.0),
    "short": HairStyle(top=1.10, sides=0.30, front=0.25, whorl_back=40, whorl_side=14, taper=2.0,
                       ragged=0.9),
    "quiff": HairStyle(top=1.35, sides=0.26, front=1.05, whorl_back=62, taper=1.5, ragged=0.7),
    "swept": HairStyle(top=1.05, sides=0.42, front=0.35, whorl_back=75, taper=1.8, ragged=0.8),
    "sidepart": HairStyle(top=1.25, sides=0.40, front=0.30, whorl_back=-4, whorl_side=36, taper=1.4,
                          ragged=0.7),
    "fringe": HairStyle(top=1.15, sides=0.60, whorl_back=18, whorl_side=10, fringe=2.7, taper=2.4,
                        ragged=2.4),
    "curly": HairStyle(top=1.6, sides=1.1, front=0.3, fringe=0.5, taper=1.0, curl=0.40, ragged=0.5),
    "afro": HairStyle(top=1.9, sides=2.7, front=-0.3, taper=1.1, curl=0.22, ragged=0.4),
    "pixie": HairStyle(top=1.20, sides=0.55, whorl_back=12, whorl_side=30, fringe=1.7, taper=2.2,
                       ragged=2.6),
    "bob": HairStyle(top=1.15, sides=1.0, whorl_back=14, whorl_side=12, fringe=2.9, fall=10.5,
                     taper=2.6, ragged=2.0),
    "long": HairStyle(top=1.0, sides=0.9, whorl_back=-50, whorl_side=20, fall=19.0, wave=0.32,
                      taper=1.6, ragged=0.8),
    "parted": HairStyle(top=0.95, sides=0.95, whorl_back=-56, fall=18.0, wave=0.42, taper=1.6,
                        ragged=0.8),
    "wavy": HairStyle(top=1.2, sides=1.15, whorl_back=-52, whorl_side=14, fall=15.0, wave=0.85,
                      taper=1.6, ragged=0.8),
    "bun": HairStyle(top=0.55, sides=0.35, whorl_back=48, taper=2.0, ragged=0.9, bun=True),
}  # fmt: skip
"""Every style that is more than painted scalp (``bald`` and ``buzz`` have none)."""
