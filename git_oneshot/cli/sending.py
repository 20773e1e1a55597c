"""How the branch of a feature is pushed, by people and by programs."""

from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App


def send_it(app: App) -> list[Next]:
    """The push that brings this branch, and the trail with it, to its remote; none without one."""
    branch, remote = app.branch, app.clone.remote
    if branch is None or not remote:
        return []
    first: tuple[str, ...] = ()
    if app.git.maybe("config", "--get", f"branch.{branch}.merge") is None:
        first = ("--set-upstream", remote, branch)
    argv = ("git", "push", *first)
    if app.json:  # which is told then what to do where git says no
        argv = ("git", "oneshot", "push", *(("--", *first) if first else ()))
    return [Next(argv, "send it, with its trail")]


def refused(app: App, said: str) -> tuple[Next, ...]:
    """What helps after a push that failed, by what git and the hook said."""
    if "--set-upstream" in said:
        return tuple(send_it(app))
    if "(fetch first)" in said or "(non-fast-forward)" in said:
        return (Next(("git", "pull", "--rebase"), "take in what the remote has"),)
    if "hint: git oneshot why" in said:
        return (Next(("git", "oneshot", "why"), "see what the hook refused"),)
    return ()
