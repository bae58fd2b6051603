"""The roles a component can fill, and where each one stands in a recipe.

A role is an abstract interface (one file in ``core/interfaces``) plus the place in a
recipe where its components are chosen. This table is the only list of roles: the
registry, the recipe reader, the JSON Schema and the documentation tests all walk it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs
from styletalker.core.errors import PluginError, compose

__all__ = ["ROLES", "Place", "Role", "role_named"]


class Place(Enum):
    """Where a recipe chooses the component of a role."""

    COMPONENTS = "components"
    """One entry under ``components:``, keyed by the role's name."""
    CORPUS = "corpus"
    """The one entry ``corpus:``."""
    PIPELINE = "pipeline"
    """An item of the ``pipeline:`` list."""
    OPTION = "option"
    """Only inside the options of other components, such as a stage's ``metrics:``."""
    NOWHERE = "nowhere"
    """Not in recipes: the role extends the command line."""


@attrs.frozen(kw_only=True)
class Role:
    """One kind of exchangeable part."""

    name: str
    """The name in recipes and on the command line, ``snake_case``."""
    interface: str
    """The abstract class its components subclass, as ``module:Class``."""
    place: Place
    """Where a recipe chooses it."""
    summary: str
    """What it maps, in one line."""
    needs: Mapping[str, str] = attrs.field(factory=dict)
    """Constructor keyword -> where it comes from, as ``role.attribute`` of another component.

    A recipe's components are built in the order this implies. It stands here and not in the
    interface, so that a recipe can be checked without importing torch.
    """
    neural: bool = False
    """Whether its components are networks: ``weights:`` may stand beside their ``type:``."""

    @property
    def title(self) -> str:
        """The name as words, for messages: ``motion VAE`` for ``motion_vae``."""
        return self.name.replace("_", " ").replace("vae", "VAE")


_CODE_SIZES = {"num_ws": "generator.num_ws", "w_dim": "generator.w_dim"}
_RESOLUTION = {"resolution": "generator.resolution"}


_NETWORKS = frozenset(
    {"generator", "inverter", "audio_encoder", "sync_discriminator", "motion_vae", "prior"}
)


def _role(name: str, target: str, place: Place, summary: str, **needs: str) -> Role:
    interface = f"styletalker.core.interfaces.{target}"
    return Role(
        name=name,
        interface=interface,
        place=place,
        summary=summary,
        needs=needs,
        neural=name in _NETWORKS,
    )


ROLES: tuple[Role, ...] = (
    _role(
        "generator",
        "generator:Generator",
        Place.COMPONENTS,
        "random z -> style codes W+ -> images",
    ),
    _role(
        "inverter",
        "inverter:Inverter",
        Place.COMPONENTS,
        "image -> style codes, and the generator to use with them",
        **_RESOLUTION,
        **_CODE_SIZES,
    ),
    _role(
        "audio_encoder",
        "audio_encoder:AudioEncoder",
        Place.COMPONENTS,
        "waveform -> one audio feature vector per video frame",
    ),
    _role(
        "sync_discriminator",
        "sync_discriminator:SyncDiscriminator",
        Place.COMPONENTS,
        "frames and waveform -> two embedding sequences in one space",
    ),
    _role(
        "motion_vae",
        "motion_vae:MotionVAE",
        Place.COMPONENTS,
        "frames -> motion latents; motion, audio and portrait -> style codes",
        audio_dim="audio_encoder.audio_dim",
        **_RESOLUTION,
        **_CODE_SIZES,
    ),
    _role(
        "prior",
        "prior:Prior",
        Place.COMPONENTS,
        "audio and portrait -> a distribution over motion latents",
        motion_dim="motion_vae.motion_dim",
        audio_dim="audio_encoder.audio_dim",
        **_CODE_SIZES,
    ),
    _role(
        "face_analyser",
        "face_analyser:FaceAnalyser",
        Place.COMPONENTS,
        "image -> face boxes, 68 landmarks and identity vectors",
    ),
    _role("corpus", "corpus:Corpus", Place.CORPUS, "talking clips with their speech, by split"),
    _role("metric", "metric:Metric", Place.OPTION, "generated and reference clip -> a score"),
    _role("stage", "stage:Stage", Place.PIPELINE, "one step of a recipe's pipeline"),
    _role("command", "command:Command", Place.NOWHERE, "a subcommand of `toolkit`"),
)
"""Every role; the order is the order of listings."""


def role_named(name: str) -> Role:
    """The role called *name*.

    Raises:
        PluginError: there is none; the message names the closest.
    """
    for role in ROLES:
        if role.name == name:
            return role
    names = [role.name for role in ROLES]
    raise PluginError(compose("no such role", given=name, name=name, choices=names))
