"""The steps that most features take on their way to review."""

from tests.gate.project import FEATURE, Project


def begin(project: Project, *, branch: str = "topic-branch", policy: str = "always") -> Project:
    """A planned feature on a branch of its own, with one commit that brings its test."""
    project.git("switch", "-q", "-c", branch)
    project.begin(FEATURE, "--policy", policy, "--base", "main")
    return work(project)


def elsewhere(project: Project, *command: str, feature: str = FEATURE) -> None:
    """Do a command as another clone does it, whose events this one has seen at its remote alone."""
    own = f"refs/oneshot/{feature}"
    before = project.git("rev-parse", own)
    project.do(*command)
    project.git("update-ref", f"refs/oneshot-remote/origin/{feature}", own)
    project.git("update-ref", own, before)


def work(project: Project, name: str = "more") -> Project:
    """One more commit with its test."""
    project.repo.write(f"checks/{name}", f"grep -qx {name} lib/{name}\n")
    project.repo.write(f"lib/{name}", f"{name}\n")
    project.git("add", "--all")
    project.git("commit", "-q", "--no-verify", "-m", f"feat: {name}")
    return project


def finalized(project: Project) -> None:
    """A feature in synthesize."""
    begin(project).do("finalize")


def synthesized(project: Project) -> None:
    """With a pull request on its trail."""
    finalized(project)
    project.do("synthesize")
