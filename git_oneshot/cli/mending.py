"""What helps after a verdict that is not PASS: one table, a row for each code.

A change that is not committed yet is mended in the tree. A commit is mended
where it is: the last one by an amend, one below by a fixup and a rebase. A
step that needs `work` is one that the program can't do for anybody: without
the work it would end as before, so nobody is to run it again and again.
"""

from typing import Final, NamedTuple

from git_oneshot.cli.answer import DOCTOR, Next


def trust(*where: str) -> Next:
    """Where commands may not run yet; ``where``: the commits by whose rules they would."""
    return Next(("git", "oneshot", "trust", *filter(None, where)), "see the commands, and decide")


RED: Final = Next(
    ("git", "oneshot", "red"), "write the test that fails without the change, then", work=True
)
GREEN: Final = Next(("git", "oneshot", "green"), "make the tests pass, then", work=True)
DEEPEN: Final = Next(("git", "fetch", "--deepen=1"), "bring what is below the clone's last commit")
RULES: Final = Next(("git", "oneshot", "rules"), "mend .oneshot.toml, then", work=True)
_DECLARE: Final = Next(
    ("git", "oneshot", "declare", "refactor"), "or, if it is a refactoring, say so", ("--reason",)
)
_ALONE: Final = Next(
    ("git", "commit", "--only", ":/.oneshot.toml"), "commit the rules alone, first", ("--message",)
)
_SUBMODULE: Final = Next(("git", "submodule", "update", "--init"), "bring its commit here")
_PROVE: Final = Next(("git", "oneshot", "prove"), "wait for the proof")
_INSTALL: Final = Next(("git", "oneshot", "green"), "install what is missing, then", work=True)
_INSTALLED: Final = _INSTALL._replace(argv=_PROVE.argv)


class Help(NamedTuple):
    """What helps while a change is in the tree, and what a commit lacks.

    ``lacks`` is "" where no further work on the commit mends it: then ``steps``
    are for both. ``apart``: the commit has to be taken apart.
    """

    steps: tuple[Next, ...]
    lacks: str = ""
    apart: bool = False
    claims: bool = False  # whether somebody may say that it needs none
    committed: tuple[Next, ...] = ()  # instead of ``steps``, where nothing is in the tree
    first: str = ""  # what may go into a commit of its own instead


_FIRST: Final = "where it only set up what is gone, commit the test's change first"
_TEST: Final = "write the test that it lacks, and stage it"
_CODE: Final = "mend it, and stage that"
HELP: Final[dict[str, Help]] = {
    "no-test": Help((RED, _DECLARE), _TEST, claims=True),
    "vacuous-red": Help(
        (RED, _DECLARE), "make a test fail without it, and stage that", claims=True
    ),
    "broken-test": Help((RED,), "make the test check what it does, and stage that", claims=True),
    "flaky": Help((RED,), "make the test tell by the code alone, and stage that"),
    "unpinned": Help((RED,), "write a test that misses each part of it, and stage it"),
    "weakened": Help(
        (
            RED._replace(why="make the test tell old and new apart, then"),
            Next(("git", "commit", "--only"), f"or, {_FIRST}", ("PATH", "--message"), work=True),
        ),
        "make the test tell old and new apart, and stage that",
        first=_FIRST,
    ),
    "green-failed": Help((GREEN,), _CODE),
    "regression": Help((GREEN,), _CODE),
    "skipped": Help((GREEN._replace(why="let the test run again, then"),), _CODE),
    "vanished": Help(
        (
            GREEN._replace(
                why="bring the test back, rename it, or let it go with what it tests, then"
            ),
        ),
        _CODE,
    ),
    "check-failed": Help((GREEN._replace(why="mend what the check names, then"),), _CODE),
    "suite-failed": Help((GREEN,), _CODE),
    "rules-mixed": Help((_ALONE,), "commit the rules alone", apart=True),
    "new-test": Help((GREEN,), "commit the new tests first, by themselves", apart=True),
    "uncovered": Help((GREEN,), "cover it first, by a commit of its own", apart=True),
    "rules-invalid": Help((RULES,), "mend .oneshot.toml, and stage it"),
    "fixup": Help(()),
    "untrusted": Help((trust(),)),
    "inseparable": Help(
        (RED,), "put its tests into a file of their own, and stage it", claims=True
    ),
    "submodule": Help((_SUBMODULE,)),
    "budget": Help((_PROVE,)),
    "timeout": Help((RULES._replace(why="give the suite more time in .oneshot.toml, then"),)),
    "deps": Help((_INSTALL,), committed=(_INSTALLED,)),
    "environment": Help((_INSTALL,), committed=(_INSTALLED,)),
    "runner": Help((DOCTOR,)),
    "sandbox": Help((DOCTOR,)),
    "wrong-code": Help((DOCTOR,)),
    "missing-objects": Help((DOCTOR,)),
}
_UNKNOWN: Final = Help((DOCTOR,))


def in_tree(code: str) -> tuple[Next, ...]:
    """What helps where the change is not committed yet."""
    return HELP.get(code, _UNKNOWN).steps


def in_suite(code: str) -> tuple[Next, ...]:
    """What helps where it is the whole suite of the last commit."""
    found = HELP.get(code, _UNKNOWN)
    return found.committed or found.steps


def in_commit(code: str, commit: str, onto: str, target: str = "") -> tuple[Next, ...]:
    """What helps where it is a commit of the branch.

    ``onto``: what the commit is rebased onto, such as ``1a2b3c^`` or ``--root``;
    "" when it is the last one. ``target``: the same of the commit that a fixup
    is for, "" when there is none.
    """
    found = HELP.get(code, _UNKNOWN)
    short = commit[:9]
    if code == "untrusted":
        return (trust(short),)
    if code == "fixup":
        return (_finished(short, onto, target),)
    if not found.lacks:
        return in_suite(code)
    if found.apart:
        return (_taken_apart(short, onto, found.lacks),)
    stage = Next(("git", "add", "--all"), f"{found.lacks}" + (f" ({short})" if onto else ""),
                 work=True)  # fmt: skip
    claims = (
        _DECLARE._replace(argv=(*_DECLARE.argv, commit[:12])),
        Next(("git", "oneshot", "waive", commit[:12]), "or a person lets it pass", ("--reason",)),
    )
    first = (_taken_apart(short, onto, found.first, "or "),) if found.first else ()
    return (stage, *put_into(short, onto), *first, *(claims if found.claims else claims[1:]))


def at_remote(code: str, commit: str, at: str) -> tuple[Next, ...]:
    """What helps where it is a commit that a remote's branch, ``at``, has all the same."""
    why = f"'{at}' has it, and a new commit mends what is there; a person lets it pass"
    waive = Next(("git", "oneshot", "waive", commit[:12]), why, ("--reason",))
    declare = _DECLARE._replace(argv=(*_DECLARE.argv, commit[:12]))
    return (waive, declare) if HELP.get(code, _UNKNOWN).claims else (waive,)


def _taken_apart(short: str, onto: str, why: str, lead: str = "") -> Next:
    if onto:
        return _edited(onto, f"{lead}take {short} apart: mark it 'edit'; {why}")
    return Next(("git", "reset", "--soft", "HEAD^"), f"{lead}take it back; {why}")


def _finished(short: str, onto: str, target: str) -> Next:
    if target:
        return squash(target)
    if onto:
        return _edited(onto, f"nothing that {short} is for is here: mark it 'reword'")
    return Next(("git", "commit", "--amend"), "give it a message of its own", ("--message",))


def _edited(onto: str, why: str) -> Next:
    """A rebase for which a person opens an editor."""
    return Next(("git", "rebase", "-i", onto), why, work=True)


def put_into(short: str, onto: str) -> tuple[Next, ...]:
    """How what is staged gets into a commit."""
    if not onto:
        return (Next(("git", "commit", "--amend", "--no-edit"), "then put it into the commit"),)
    fixup = Next(("git", "commit", f"--fixup={short}"), "then put it beside the commit")
    return (fixup, squash(onto)._replace(why="then squash it into that commit"))


def squash(onto: str) -> Next:
    """The rebase that puts fixups into their commits, and asks nothing."""
    quiet = ("git", "-c", "sequence.editor=:", "rebase", "-i")
    argv = (*quiet, "--autosquash", "--autostash", "--rebase-merges", onto)
    return Next(argv, "squash the fixup into its commit")
