"""What is wrong with a trail, and what helps: a value that every reader is given."""

from typing import Final

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import local_ref, remote_ref
from git_oneshot.core.spelling import printable, typed
from git_oneshot.trail.store import Tip, Trail

_ANEW: Final = "fetch what is missing: git fetch --refetch"
_WHOLE: Final = "fetch what is cut off: git fetch --unshallow"

# What a commit says can't be mended, and what comes before it is sound; the rest of the rules
# are broken by an object that is not as it was, or need a newer program.
SAID: Final = {
    "header", "parents", "too-big", "no-event", "too-many-events", "event", "clock", "merge"
}  # fmt: skip


def mend(tip: Tip, damage: "DamageError") -> None:
    """Say what helps: of what a remote has, whoever may move its refs can go back."""
    at = damage.commit
    if damage.rule == "edited":
        path = f'"$(git rev-parse --git-path objects/{at[:2]}/{at[2:]})"'
        damage.hint = f"take that copy away: rm -f {path}; {_ANEW}"
    elif damage.rule in SAID:
        ref, sound = local_ref(tip.feature), f"{at[:12]}^"
        lease = f"--force-with-lease={ref}:{tip.commit}"
        back = typed("git", "push", "--no-verify", lease, tip.origin, f"{sound}:{ref}")
        if not tip.origin:
            back = f"git update-ref {ref} {sound}"
        damage.hint = f"see it: git log {at[:12]}; go back to what is sound: {back}"


def no_trail(tip: Tip, damage: "DamageError", *, there: bool) -> "DamageError":
    """Say so where the ref is no trail's at all: somebody put it there, and may take it away."""
    ref = remote_ref(tip.origin, tip.feature) if tip.origin else local_ref(tip.feature)
    if damage.rule == "missing" and not there:
        what = "names no commit"
    elif damage.rule == "parents" and not damage.parents:
        what = f"does not begin as one of '{tip.feature}' does"
    else:
        mend(tip, damage)
        return damage
    damage.message = f"'{printable(ref)}' is no trail: it {what}"
    drop = ("push", "--no-verify", printable(tip.origin), "--delete", local_ref(tip.feature))
    damage.hint = f"see what it is: git show {tip.commit[:12]}; if nobody needs it: "
    damage.hint += typed("git", *(drop if tip.origin else ("update-ref", "-d", printable(ref))))
    return damage


def too_much(tip: Tip, limit: int) -> Trail:
    """A trail that leads to its root, and is more than one may be."""
    what = f" ends a trail that is over the limit of {limit} bytes"
    return Trail(tip.feature, tip, (), DamageError("too-long", tip.commit, what))


class DamageError(OneshotError):
    """A rule of the format that a commit breaks. ``rule`` is its code in `fsck`."""

    def __init__(
        self, rule: str, oid: str, what: str, code: Code = Code.TRAIL_DAMAGED, hint: str = "",
        parents: int = 1,
    ) -> None:  # fmt: skip
        helps = {"missing": _ANEW, "cut": _WHOLE}
        hint = hint or helps.get(rule, f"see it: git log {oid[:12]}")
        super().__init__(code, f"trail commit {oid[:12]}{what}", hint)
        self.rule = rule
        self.commit = oid
        self.parents = parents


def damaged(rule: str, oid: str, what: str) -> DamageError:
    return DamageError(rule, oid, f" {what}")
