"""Names: of features, of events, and of the refs that carry them."""

import itertools
import re
from collections.abc import Iterable
from typing import Final, NewType

from git_oneshot.core.errors import Code, OneshotError

FeatureId = NewType("FeatureId", str)

LOCAL: Final = "refs/oneshot/"
REMOTE: Final = "refs/oneshot-remote/"

# Lower case only, so that file systems that fold case can't fold two features
# into one; no slash, so that no feature is a directory of another.
FEATURE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
EVENT: Final = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
# What may be the beginning of one: in this century they begin with 0, and no clock does.
BEGINNING: Final = re.compile(r"0[0-9a-hjkmnp-tv-z]{3,25}")
COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_SHORT: Final = 12  # characters of an id that are shown at least: the time, and a little chance
_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"


def feature_id(text: str) -> FeatureId:
    """Check a feature id as a person typed it.

    Raises OneshotError(INVALID_INPUT) for anything that DESIGN §2 does not allow.
    """
    if not FEATURE.fullmatch(text):
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise OneshotError(
            Code.INVALID_INPUT,
            f"invalid feature id {shown!r}",
            "use 1 to 100 of a-z, 0-9 and '-', not beginning with '-', "
            "such as: git oneshot init fix-readme-typo",
            meant=as_id(text) or None,
        )
    return FeatureId(text)


def as_id(text: str) -> str:
    """The feature id that is nearest to a text; "" where nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:100].strip("-")


def event_id(milliseconds: int, entropy: bytes, index: int) -> str:
    """Make the id of the ``index``-th event of an append: a lower-case ULID.

    48 bits of time, so that ids sort roughly as they were made, and 80 bits
    that depend on ``entropy`` (at least 16 random bytes, fresh for each append).
    """
    import hashlib  # a read command makes no id

    tail = hashlib.sha256(entropy + index.to_bytes(4, "big")).digest()[:10]
    number = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(tail, "big")
    return "".join(_BASE32[number >> shift & 31] for shift in range(125, -1, -5))


def short(ids: Iterable[str]) -> dict[str, str]:
    """As much of each id as tells it from the others, by id."""
    ordered = sorted(set(ids))
    most = max((_same(*two) + 1 for two in itertools.pairwise(ordered)), default=0)
    return {one: one[: max(most, _SHORT)] for one in ordered}


def _same(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    alike = itertools.takewhile(lambda two: two[0] == two[1], zip(one, other, strict=False))
    return sum(1 for _ in alike)


def local_ref(feature: FeatureId) -> str:
    """The ref of our own copy of a feature's trail."""
    return LOCAL + feature


def remote_ref(remote: str, feature: FeatureId) -> str:
    """The ref of what a fetch saw of a feature's trail at ``remote``."""
    return f"{REMOTE}{remote}/{feature}"
