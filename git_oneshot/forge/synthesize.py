"""From a proven feature to its pull request: pushed, opened or found, and kept up to date.

Each step may be the last one that works, so each can be taken again: a pull
request is looked for before one is opened, and an event says only what is so.
"""

import hashlib
from typing import Final, NamedTuple

from msgspec.structs import replace

from git_oneshot.core import prbody
from git_oneshot.core.commands import ClosePull, OpenPull, UpdatePull
from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.pulls import PullCreated, PullUpdated
from git_oneshot.core.spelling import typed
from git_oneshot.core.state import Pull, State
from git_oneshot.forge.base import base_ref
from git_oneshot.forge.keeping import as_text
from git_oneshot.forge.port import Forge, PullRequest, Wanted
from git_oneshot.git import ANY, Git
from git_oneshot.session import Payloads, Receipt, Session

SAYS: Final = ("error: ", "fatal: ", " ! ")  # how a line begins in which git says why
OWN_BRANCH: Final = "oneshot/"  # the head of a feature that is on its own base
TEMPLATES: Final = (
    ".oneshot/pr-template.md",
    ".github/pull_request_template.md",
    "pull_request_template.md",
    "docs/pull_request_template.md",
    ".gitlab/merge_request_templates/default.md",
    ".forgejo/pull_request_template.md",
    ".gitea/pull_request_template.md",
)


class Published(NamedTuple):
    """The pull request, and what was written about it."""

    pull: PullRequest
    receipt: Receipt
    opened: bool


def head_of(state: State) -> str:
    """The branch that a pull request is of."""
    if state.pull is not None and state.pull.open:
        return state.pull.head
    return OWN_BRANCH + state.feature if state.branch == state.base else state.branch


def template(git: Git, state: State, remote: str) -> str | None:
    """The repository's own template, as the base has it."""
    base = base_ref(git, state, remote)
    if base is None:
        return None
    folders = sorted({one.rpartition("/")[0] + "/" for one in TEMPLATES if "/" in one})
    names = git.names("ls-tree", "-r", "-z", "--name-only", "--full-tree", base, "--", *folders)
    names += git.names("ls-tree", "-z", "--name-only", "--full-tree", base)
    there = {name.lower(): name for name in names}
    found = next((there[one] for one in TEMPLATES if one in there), None)
    if found is None:
        return None
    return git.output("cat-file", "blob", f"{base}:{found}").decode(errors="replace")


def text_of(git: Git, state: State, remote: str) -> str:
    """What we say of a feature, in the repository's template.

    A commit that was left behind, as by a reset, is on the trail and in no pull request.
    """
    tips = [tip for tip in (git.named(f"refs/heads/{state.branch}"), state.proven) if tip]
    if tips:
        there = (c for c in state.commits if any(git.leads(c.id, tip) for tip in tips))
        state = replace(state, commits=tuple(there))
    return prbody.body(state, template(git, state, remote))


def body_of(git: Git, state: State, remote: str, forge: Forge) -> str:
    """The same, no longer than the forge takes."""
    return prbody.fit(text_of(git, state, remote), forge.capabilities.body_limit)


def push(git: Git, state: State, remote: str, commit: str) -> None:
    """Send the commit to the branch of the pull request; its hook sends the trail along.

    What we ourselves sent there is replaced when it was rebased; what anybody
    else sent is not.
    """
    ref = f"refs/heads/{head_of(state)}"
    seen = git.named(f"refs/remotes/{remote}/{head_of(state)}")
    lease = []
    ours = {c.id for c in state.commits} | ({state.pull.commit} if state.pull else set())
    if seen and seen in ours and not git.leads(seen, commit):
        lease = [f"--force-with-lease={ref}:{seen}"]
    send(git, remote, f"{commit}:{ref}", *lease)


def send(git: Git, remote: str, refspec: str, *options: str) -> None:
    """`git push`, with its hooks. Raises OneshotError(PUSH_FAILED) with git's own reason."""
    done = git.call("push", "--quiet", *options, remote, refspec, ok=ANY)
    if done.returncode == 0:
        return
    said = done.stderr.decode(errors="replace").strip().splitlines()
    line = next((one for one in said if one.startswith(SAYS)), (said or ["no reason"])[-1])
    why = line.removeprefix("error: ").removeprefix("fatal: ").strip()
    raise OneshotError(
        Code.PUSH_FAILED,
        f"git push to '{remote}' failed: {why}",
        f"see what is there: {typed('git', 'fetch', remote)}; then again",
    )


def publish(
    git: Git, session: Session, aside: Session, forge: Forge, feature: FeatureId, remote: str,
    commit: str, base: str,
) -> Published:  # fmt: skip
    """Open the pull request of a feature, or bring the one that is open up to date.

    ``base``: the branch that it is meant for by now. ``aside`` writes what happens on
    the way, ``session`` the last event: a caller's key is its alone.
    """
    state = session.sound(feature).state
    known = _known(aside, forge, feature, state, base)
    state = replace(session.sound(feature).state, base=base)
    body = body_of(git, state, remote, forge)
    if known is None:
        title = prbody.title(state)
        wanted = Wanted(head_of(state), state.base, title, body)
        there = forge.find_by_branch(wanted.head)
        if there is None:
            pull = forge.open_draft(wanted)
            receipt = session.execute(feature, OpenPull(created(pull, commit)))
            return Published(pull, receipt, opened=True)
        aside.execute(feature, OpenPull(created(there, "")))
        known = there
    return _updated(session, forge, feature, known, body, commit)


def _known(
    session: Session, forge: Forge, feature: FeatureId, state: State, base: str
) -> PullRequest | None:
    """The pull request of the trail as it is at the forge.

    One that ended there is ended here; so is one for another base, there as well
    where the forge has not moved it along.
    """
    if state.pull is None or not state.pull.open:
        return None
    there = forge.look(state.pull.number)
    if there.state == "merged":
        raise OneshotError(
            Code.GUARD_FAILED,
            f"the pull request '{state.pull.name}' was merged",
            f"complete it: git oneshot complete {feature}",
            guard="not-merged",
        )
    if there.state == "closed":
        session.execute(feature, ClosePull("closed at the forge"))
        return None
    if there.base == base == state.base:
        return there
    if base not in (there.base, state.base):
        forge.close(there)
    session.execute(feature, ClosePull(f"'{state.base}' is no longer its base"))
    return None


def _updated(
    session: Session, forge: Forge, feature: FeatureId, there: PullRequest, body: str, commit: str
) -> Published:
    """The title stays, which may be a person's by now; and what is written around our text."""
    state = session.sound(feature).state
    assert state.pull is not None
    text = prbody.renewed(there.body, body) if there.body else ""
    change = difference(state.pull, there, commit, digest(text or body))
    beside: Payloads | None = None
    if text != there.body:
        there = forge.update(there, title=there.title, body=text)
        if not forge.capabilities.keeps_text:
            change, beside = as_text(change, text, session.world.home)
    receipt = session.execute(feature, UpdatePull(change), payloads=beside)
    return Published(there, receipt, opened=False)


def difference(known: Pull, there: PullRequest, commit: str = "", body: str = "") -> PullUpdated:
    """What the forge has and the trail does not say yet."""
    return PullUpdated(
        title=there.title if there.title != known.title else None,
        draft=there.draft if there.draft != known.draft else None,
        commit=commit if commit and commit != known.commit else None,
        body=body if body and body != known.body else None,
    )


def created(pull: PullRequest, commit: str) -> PullCreated:
    """A pull request as a fact; without a commit where another one may be at its branch."""
    return PullCreated(
        provider=pull.provider, prNumber=pull.number, url=pull.url, base=pull.base, head=pull.head,
        title=pull.title[:500], draft=pull.draft, commit=commit or None, body=digest(pull.body),
    )  # fmt: skip


def digest(text: str) -> str:
    """A name for a text."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode(errors="replace")).hexdigest()
