"""What tests print: its digest is on the trail, and all of it only where the rules say so."""

import hashlib

from tests.gate.project import BASE, RULES, MakeProject, Project

TOKEN = "ghp_" + "aB3dE6gH9" * 4
PRINTS = f"echo 'with {TOKEN} \x1b[31m in /home/ada/x'; grep -qsx one lib/one\n"


def cycle(project: Project) -> list[str]:
    """A cycle, a commit and the end; the clocks of the events that have a log."""
    project.begin()
    project.repo.write("checks/one", PRINTS)
    project.do("red")
    project.repo.write("lib/one", "one\n")
    project.do("green")
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "one")
    project.do("finalize")
    events = project.do("log", "--json").data["events"]
    assert [e["type"] for e in events if e["data"].get("log")] == [
        "cycle.red", "cycle.green", "proof.recorded"
    ]  # fmt: skip
    return [str(e["clock"]) for e in events if e["data"].get("log")]


def test_a_log_stays_in_its_clone_and_its_digest_travels(
    project: Project, make: MakeProject
) -> None:
    clocks = cycle(project)
    assert "payload" not in project.git("log", "-m", "--name-only", "refs/oneshot/topic")
    red, green, judged = (project.do("show", one, "--json").data for one in clocks)
    assert (red["payload"], red["object"]) == (None, None)
    text = red["log"]["text"]
    assert text == "-- all, without the change\nwith *** \x1b[31m in ~/x\n"
    assert hashlib.sha256(text.encode()).hexdigest() == red["event"]["data"]["log"]
    for one in (green, judged):
        assert "-- all, without the change\n" in one["log"]["text"]
        assert "-- all, with the change\n" in one["log"]["text"]
    shown = project.do("show", clocks[0]).out
    assert "with *** \\x1b[31m in ~/x" in shown
    other = make("other")
    other.do("import", stdin=project.do("export").out.encode())
    done = other.do("show", clocks[0], "-f", "topic")
    assert "log      is in the clone that ran the tests, and not here" in done.out
    assert other.do("fsck").out == "1 trail checked\n"
    project.do("cache", "clear")
    assert project.do("show", clocks[0], "--json").data["log"] is None


def test_a_log_goes_along_where_the_rules_say_so(make: MakeProject) -> None:
    project = make(files={**BASE, ".oneshot.toml": RULES + '\n[trail]\nlogs = "trail"\n'})
    clocks = cycle(project)
    other = make("other")
    other.do("import", stdin=project.do("export").out.encode())
    for clock in clocks:
        data = other.do("show", clock, "-f", "topic", "--json").data
        assert "with *** " in data["payload"]["text"]
        kept = other.git("cat-file", "blob", data["object"]) + "\n"
        assert hashlib.sha256(kept.encode()).hexdigest() == data["event"]["data"]["log"]
    assert other.do("fsck").out == "1 trail checked\n"


def test_a_digest_is_no_path(feature: Project) -> None:
    """What a trail says is anybody's text."""
    from git_oneshot.proof.running.cache import ProofCache

    cache = ProofCache(str(feature.own / "cache"))
    (feature.own / "secret").write_text("secret")
    for digest in ("../../secret", "", "..", "/etc/passwd", "a" * 500):
        assert cache.log(digest) is None
