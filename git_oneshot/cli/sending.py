"""How the branch of a feature is pushed: what a person types, so that it works as it is."""

from git_oneshot.cli.answer import Next
from git_oneshot.cli.app import App


def send_it(app: App) -> list[Next]:
    """The push that brings this branch, and the trail with it, to its remote; none without one."""
    branch, remote = app.branch, app.clone.remote
    if branch is None or not remote:
        return []
    argv: tuple[str, ...] = ("git", "push")
    if app.git.maybe("config", "--get", f"branch.{branch}.merge") is None:
        argv = ("git", "push", "--set-upstream", remote, branch)
    return [Next(argv, "send it, with its trail")]
