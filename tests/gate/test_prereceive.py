"""A server's gate: real pushes to a bare repository, which runs nothing and believes one key."""

import os
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from git_oneshot.core.commands import Command, RecordVerified, Waive
from git_oneshot.core.facts import CommitsVerified
from git_oneshot.core.ids import feature_id
from git_oneshot.gate.believed import rules_at
from git_oneshot.gate.hooks import Hooks
from git_oneshot.proof.running.sandbox import sandbox
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from tests.gate.project import BASE, Done, MakeProject, Project
from tests.sandbox import Repo, real_world

pytestmark = pytest.mark.long

CI, ADA = "ci@example.org", "ada@example.org"


def key(folder: Path, name: str) -> Path:
    """A key pair; the path of its public half."""
    path = folder / name
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
    subprocess.run(argv, check=True)
    return path.with_suffix(".pub")


class Served:
    """A project with a gated remote, and CI with a clone and a key of its own."""

    def __init__(self, make: MakeProject, folder: Path) -> None:
        self.folder = folder
        self.keys = {name: key(folder, name) for name in ("ci", "ada", "eve")}
        allowed = f"{CI} {self.keys['ci'].read_text()}{ADA} {self.keys['ada'].read_text()}"
        self.work = make(files={**BASE, ".oneshot/allowed_signers": allowed})
        self.bare = make.remote(self.work)
        server = Project(self.bare)
        server.do("install", "--server")
        self.bare.git("config", "oneshot.verifier", CI)
        self.work.begin()
        self.ci = Project(Repo(folder / "ci-clone"))
        self.ci.git("remote", "add", "origin", str(self.bare.path))
        self.ci.git("fetch", "-q", "origin")
        self.ci.git("switch", "-q", "main")
        self.ci.do("install", "--yes")
        self.signs(self.ci, "ci")

    def signs(self, project: Project, name: str) -> None:
        """Let the git of a clone sign with a key."""
        project.git("config", "gpg.format", "ssh")
        project.git("config", "user.signingKey", str(self.keys[name]))

    def push(self, *refs: str) -> Done:
        """Push past the gate of the clone: the server's is another one."""
        return self.work.may("push", "--no-verify", "origin", *(refs or ("HEAD:main",)))

    def offered(self) -> None:
        """Bring the commits to a ref that is not gated, and the trail."""
        assert self.push("HEAD:refs/heads/topic").code == 0
        self.work.do("sync")

    def verified(self, *options: str) -> Done:
        """CI verifies what is offered, seals it, and sends the trail."""
        self.ci.git("fetch", "-q", "origin")
        self.ci.git("checkout", "-q", "--detach", "origin/topic")
        done = self.ci.cli("verify", "origin/main..HEAD", "--seal", "-f", "topic", *options)
        self.ci.do("sync")
        return done


@pytest.fixture
def served(make: MakeProject, tmp_path: Path) -> Served:
    """A gated remote with one commit."""
    return Served(make, tmp_path)


def refused(done: Done, why: str) -> None:
    """The push was refused by the hook, and says why."""
    assert done.code == 1, done
    assert "[remote rejected]" in done.err
    assert why in done.err, done.err


def test_h33_what_is_verified_and_sealed_may_come_in(served: Served) -> None:
    one, two = served.work.land("one"), served.work.land("two")
    refused(served.push(), f"refs/heads/main: {one[:9]} has no sealed verdict by the rules of")
    served.offered()
    refused(served.push(), "and 1 more")
    done = served.verified()
    assert done.code == 0, done
    assert "note: sealed on the trail of 'topic'" in done.err
    assert served.push().code == 0
    assert served.bare.git("rev-parse", "main") == two
    types = served.ci.types()
    assert types[-1] == "commits.verified"


def test_a_trail_may_come_with_the_push(served: Served) -> None:
    served.work.land("one")
    served.offered()
    served.verified()
    tip = served.bare.git("rev-parse", "refs/oneshot/topic")
    served.work.git("fetch", "-q", "origin", "refs/oneshot/topic:refs/oneshot/topic")
    served.bare.git("update-ref", "-d", "refs/oneshot/topic")
    refused(served.push(), "has no sealed verdict")
    assert served.push("HEAD:main", "refs/oneshot/topic").code == 0
    assert served.bare.git("rev-parse", "refs/oneshot/topic") == tip


def test_h34_a_refused_push_leaves_nothing_behind(served: Served) -> None:
    def state() -> tuple[str, list[str], list[str]]:
        objects = served.bare.path / "objects"
        files = sorted(str(p.relative_to(objects)) for p in objects.rglob("*"))
        own = sorted(str(p) for p in (served.bare.path / "oneshot").rglob("*"))
        return served.bare.git("for-each-ref"), files, own

    before = state()
    served.work.land("one")
    refused(served.push(), "has no sealed verdict")
    served.work.git("tag", "-a", "-m", "t", "t")
    refused(served.push("HEAD:main", "t", "HEAD:refs/heads/other", "--atomic"), "no sealed verdict")
    assert state() == before


def test_a_ref_that_is_not_gated_asks_for_nothing(served: Served) -> None:
    served.work.land("bad", "--no-verify", test=False)
    assert served.push("HEAD:refs/heads/other").code == 0
    refused(served.push("HEAD:refs/heads/other", "HEAD:main"), "has no sealed verdict")


def test_ci_seals_nothing_that_is_not_proven(served: Served) -> None:
    served.work.land("bad", "--no-verify", test=False)
    served.offered()
    assert served.verified().code == 1
    refused(served.push(), "has no sealed verdict")


def write(served: Served, signer: str | None, command: Command, used: str | None = None) -> None:
    """Write an event by hand, with the key ``used`` for its call, and seal it with one."""
    work, world = served.work, real_world()
    store = GitStore(work.repo.discover(), lambda: 0.0)
    stamped = world._replace(stamp=lambda: replace(world.stamp(), key=used))
    Session(store, stamped).execute(feature_id("topic"), command)
    store.close()
    if signer is not None:
        served.signs(work, signer)
        tip = work.git("rev-parse", "refs/oneshot/topic")
        message = "oneshot topic: seal"
        seal = work.git("commit-tree", "-S", "-p", tip, "-m", message, f"{tip}^{{tree}}")
        work.git("update-ref", "refs/oneshot/topic", seal)


def forge(
    served: Served, signer: str | None, *commits: str,
    rules: str = "", used: str | None = None,
) -> None:  # fmt: skip
    """Write what CI would."""
    git = served.work.repo.discover()
    rules = rules or rules_at(git, git.tree("main"))
    said = CommitsVerified(commits=commits, suite=commits[-1], rules=rules)
    write(served, signer, RecordVerified((said,)), used)


@pytest.mark.parametrize("signer", [None, "eve", "ada"])
def test_a_forged_verdict(served: Served, signer: str | None) -> None:
    """Without a seal, with a key that is not allowed, with one that is no verifier's."""
    bad = served.work.land("bad", "--no-verify", test=False)
    forge(served, signer, bad)
    refused(served.push("HEAD:main", "refs/oneshot/topic"), "has no sealed verdict")
    if signer == "ada":  # all that lacks is that the server believes her
        served.bare.git("config", "--add", "oneshot.verifier", ADA)
        assert served.push("HEAD:main", "refs/oneshot/topic").code == 0


def test_who_is_believed_is_not_for_a_push_to_say(served: Served) -> None:
    """A push to a folder brings its environment along."""
    bad = served.work.land("bad", "--no-verify", test=False)
    forge(served, "ada", bad)
    said = served.folder / "said"
    said.write_text(f"[oneshot]\n\tverifier = {ADA}\n\texecute = false\n")
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        push = ("push", "--no-verify", "origin", "HEAD:main", "refs/oneshot/topic")
        done = served.work.may(*push, env={name: str(said), "GIT_CONFIG_NOSYSTEM": "0"})
        refused(done, "has no sealed verdict")


def test_a_seal_vouches_for_nothing_that_others_wrote_before(served: Served) -> None:
    """CI's seal comes to be in front of a forged verdict; it is about CI's own."""
    good = served.work.land("good")
    bad = served.work.land("bad", "--no-verify", test=False)
    forge(served, None, good, bad)
    served.work.git("push", "-q", "--no-verify", "origin", f"{good}:refs/heads/topic")
    served.work.do("sync")
    assert served.verified().code == 0
    refused(served.push(), f"{bad[:9]} has no sealed verdict")
    assert served.push(f"{good}:main").code == 0


def test_a_key_that_was_used_seals_nothing(served: Served) -> None:
    """Eve writes CI's verdict with the key that CI will use; Ada repeats a command of her own."""
    work = served.work
    good = work.land("good")
    bad = work.land("bad", "--no-verify", test=False)
    forge(served, None, good, bad, used="job-7")
    work.git("push", "-q", "--no-verify", "origin", f"{good}:refs/heads/topic")
    work.do("sync")
    done = served.verified("--key", "job-7", "--json")
    assert done.error == "INVALID_INPUT"
    refused(served.push(), "has no sealed verdict")

    served.signs(work, "ada")
    work.git("config", "commit.gpgSign", "true")
    declare = ("declare", "refactor", "--reason", "r", "--key", "k1")
    work.do(*declare)
    assert "gpgsig" in work.git("cat-file", "commit", "refs/oneshot/topic")
    write(served, None, Waive(commit=bad, reason="r"))
    tip = work.git("rev-parse", "refs/oneshot/topic")
    work.do(*declare)
    assert work.git("rev-parse", "refs/oneshot/topic") == tip


def test_what_is_pushed_has_no_say_in_who_is_believed(served: Served) -> None:
    """Whoever brings a key along has it believed from the next push on, if somebody lets it in."""
    eve = served.keys["eve"].read_text()
    served.work.repo.write(".oneshot/allowed_signers", f"{CI} {eve}")
    served.work.git("commit", "-q", "--no-verify", "-am", "believe me")
    forge(served, "eve", served.work.head)
    refused(served.push("HEAD:main", "refs/oneshot/topic"), "has no sealed verdict")


def test_h35_what_is_pushed_has_no_say_in_how_it_is_judged(served: Served) -> None:
    """A commit loosens the rules, the next needs no test by them: judged by those of before."""
    work = served.work
    rules = BASE[".oneshot.toml"].replace('"lib/**"', '"nothing"')
    work.repo.write(".oneshot.toml", rules)
    work.git("commit", "-q", "--no-verify", "-am", "rules")
    bad = work.land("bad", "--no-verify", test=False)
    assert work.do("verify", "HEAD", "--json").data["commits"][0]["class"] == "neutral"
    served.offered()
    done = served.verified()
    assert done.code == 1
    assert f"{bad[:9]} FAIL(no-test)" in done.err


def test_a_verdict_by_other_rules_does_not_count(served: Served) -> None:
    one = served.work.land("one")
    served.bare.git("config", "--add", "oneshot.verifier", ADA)
    forge(served, "ada", one, rules="0" * 64)
    refused(served.push("HEAD:main", "refs/oneshot/topic"), "by the rules of this ref")
    forge(served, "ada", one)
    assert served.push("HEAD:main", "refs/oneshot/topic").code == 0


def test_a_verdict_by_other_attributes_does_not_count(served: Served) -> None:
    """They say what is generated, and so what needs a test: they are rules, too."""
    git = served.work.repo.discover()
    before = rules_at(git, git.tree("HEAD"))
    served.work.repo.write("lib/.gitattributes", "*.c linguist-generated\n# a remark\n")
    served.work.git("add", "--all")
    after = rules_at(git, served.work.git("write-tree"))
    assert before != after
    served.work.repo.write("lib/.gitattributes", "*.c linguist-generated\n*.h text\n")
    served.work.git("add", "--all")
    assert rules_at(git, served.work.git("write-tree")) == after


def test_a_verifier_that_nobody_watches_seals_no_key(served: Served) -> None:
    """Whom it lets in would seal the next commit by itself."""
    work = served.work
    allowed = work.path / ".oneshot" / "allowed_signers"
    allowed.write_text(allowed.read_text() + "eve@example.com ssh-ed25519 AAAA\n")
    work.git("commit", "-q", "--no-verify", "-am", "keys")
    served.offered()
    done = served.verified()
    assert done.code == 2
    assert f"{work.head[:9]} changes whose seals are believed" in done.err
    assert "commits.verified" not in served.ci.types()
    refused(served.push(), "has no sealed verdict")


def test_a_tip_whose_suite_nobody_ran(served: Served) -> None:
    one, two = served.work.land("one"), served.work.land("two")
    forge(served, "ada", one, two)
    served.bare.git("config", "--add", "oneshot.verifier", ADA)
    refused(served.push(f"{one}:main", "refs/oneshot/topic"), f"the suite on {one[:9]} has no")
    assert served.push("HEAD:main", "refs/oneshot/topic").code == 0


def test_a_gated_ref_is_not_deleted_nor_made_of_what_is_here(served: Served) -> None:
    """What lies on another ref is no reason to let it on a gated one."""
    work, bare = served.work, served.bare
    bare.git("config", "receive.denyDeleteCurrent", "ignore")
    refused(served.push(":refs/heads/main"), "it is gated, and is not to be deleted")
    work.repo.write(".oneshot.toml", BASE[".oneshot.toml"] + '[gate]\nrefs = ["refs/heads/r"]\n')
    work.git("commit", "-q", "--no-verify", "-am", "rules")
    served.offered()
    assert served.verified().code == 0
    assert served.push().code == 0
    work.land("bad", "--no-verify", test=False)
    assert served.push("HEAD:refs/heads/other").code == 0
    refused(served.push("HEAD:refs/heads/r"), "refs/heads/r: ")
    assert served.push("HEAD^:refs/heads/r").code == 0


def test_another_name_of_a_gated_ref_is_no_way_around(served: Served) -> None:
    served.bare.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    served.work.land("bad", "--no-verify", test=False)
    refused(served.push("HEAD:refs/heads/alias"), "refs/heads/main: ")


def test_a_gated_ref_goes_on_and_not_back(served: Served) -> None:
    """Older rules and keys would judge what comes next."""
    work, bare = served.work, served.bare
    old, new = work.head, work.land("one")
    served.offered()
    served.verified()
    assert served.push().code == 0
    refused(served.push(f"+{old}:main"), f"{old[:9]} does not lead on from {new[:9]}")
    assert bare.git("rev-parse", "main") == new


@pytest.mark.parametrize("head", ["unborn", "detached"])
def test_where_head_does_not_say_what_is_gated_nothing_comes_in(served: Served, head: str) -> None:
    """As in a bare repository whose branch has another name than git gives it."""
    bare, server = served.bare, Project(served.bare)
    if head == "unborn":
        bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    else:
        bare.git("update-ref", "--no-deref", "HEAD", "main")
        (bare.path / "HEAD").write_text(bare.git("rev-parse", "main") + "\n")
    served.work.land("bad", "--no-verify", test=False)
    for ref in ("main", "refs/heads/master", "refs/heads/new"):
        refused(served.push(f"HEAD:{ref}"), "so nothing says what is gated")
    assert served.push("refs/oneshot/topic").code == 0
    assert "warning: no push comes in: HEAD names " in server.do("install", "--server").err
    bare.git("symbolic-ref", "HEAD", "refs/heads/main")
    assert served.push("HEAD:refs/heads/new").code == 0


def test_the_hook_is_a_file_for_every_git(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put there by a git that has hooks by settings, it is run by one that has none."""
    server = Project(served.bare)
    server.do("uninstall")
    monkeypatch.setattr(Hooks, "by_settings", True)
    server.do("install", "--server")
    served.work.land("bad", "--no-verify", test=False)
    refused(served.push(), "has no sealed verdict")


def test_a_doctor_misses_the_hook_of_a_server(served: Served) -> None:
    server = Project(served.bare)
    assert "hook pre-receive" not in server.cli("doctor").err
    server.hook("pre-receive").chmod(0o644)
    assert "hook pre-receive cannot be run: its x-bit is gone" in server.cli("doctor").err
    server.hook("pre-receive").unlink()
    assert "git oneshot install --server" in server.cli("doctor").err
    server.cli("doctor", "--fix")
    served.work.land("bad", "--no-verify", test=False)
    refused(served.push(), "has no sealed verdict")


def test_a_push_that_nothing_is_known_of(served: Served) -> None:
    done = Project(served.bare).cli("hook", "pre-receive")
    assert (done.code, "nothing says what is pushed" in done.err) == (2, True)


def test_a_server_that_believes_nobody_says_so(served: Served) -> None:
    served.bare.git("config", "--unset-all", "oneshot.verifier")
    served.work.land("one")
    refused(served.push(), "git config --add oneshot.verifier")
    Project(served.bare).do("uninstall")
    assert served.push().code == 0


def test_a_hook_that_was_there_runs_first_with_the_same_lines(served: Served) -> None:
    server = Project(served.bare)
    server.do("uninstall")
    seen = served.folder / "seen"
    theirs = server.hook("pre-receive")
    theirs.write_text(f'#!/bin/sh\ncat >"{seen}"\nexit "$(cat "{seen}.status")"\n')
    theirs.chmod(0o755)
    Path(f"{seen}.status").write_text("0")
    server.do("install", "--server")
    served.work.land("one")
    refused(served.push(), "has no sealed verdict")
    assert seen.read_text().endswith(" refs/heads/main\n")
    Path(f"{seen}.status").write_text("3")
    assert served.push("HEAD:refs/heads/other").code == 1
    server.do("uninstall")
    assert theirs.read_text().startswith("#!/bin/sh\ncat ")


def test_without_the_program_nothing_comes_in(served: Served) -> None:
    """It is closed, and not open, when its environment was made anew."""
    program = served.bare.path / "oneshot" / "program"
    gone = served.folder / "gone"
    gone.write_text("#!/nonesuch/python\n")
    gone.chmod(0o755)
    program.write_text(f"{gone}\n")
    served.work.land("one")
    refused(served.push(), "git-oneshot is not there any more, and this repository is gated by it")
    served.bare.git("config", "core.hooksPath", "elsewhere")
    done = Project(served.bare).cli("install", "--server", "--json")
    assert done.error == "HOOKS_PATH_SET"


def test_a_first_push_has_nothing_to_be_judged_by(served: Served, make: MakeProject) -> None:
    empty = Repo(served.folder / "empty.git", "--bare")
    Project(empty).do("install", "--server")
    empty.git("config", "oneshot.verifier", CI)
    served.work.git("remote", "add", "empty", str(empty.path))
    assert served.work.may("push", "--no-verify", "empty", "main").code == 0
    served.work.land("one")
    refused(served.work.may("push", "--no-verify", "empty", "main"), "has no sealed verdict")


@pytest.mark.parametrize("signer", [None, "eve", "ada"])
def test_a_waiver_counts_where_a_key_that_is_allowed_sealed_it(
    served: Served, signer: str | None
) -> None:
    """CI takes it for no proof, and lets it pass; the server takes CI's word."""
    bad = served.work.land("bad", "--no-verify", test=False)
    write(served, signer, Waive(commit=bad, reason="it is urgent"))
    served.offered()
    done = served.verified("--json")
    assert done.data["commits"][0]["waived"] == "it is urgent"
    assert (done.code == 0) is (signer == "ada")
    os.environ |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(served.folder / "summary")}
    said = served.ci.cli("verify", "origin/main..HEAD", "--ci").err
    assert ("::error" in said) is (signer != "ada")
    table = (served.folder / "summary").read_text()
    assert ("### git oneshot: 0 proven, 1 waived" in table) is (signer == "ada")
    assert ("| waived: FAIL(no-test)" in table) is (signer == "ada")
    assert (served.push().code == 0) is (signer == "ada")


@pytest.mark.parametrize("command", [RecordVerified, Waive])
def test_sync_seals_no_word_of_somebody_else(served: Served, command: type) -> None:
    """What stands last on the trail may be forged, in the user's name; their seal would vouch."""
    bad = served.work.land("bad", "--no-verify", test=False)
    served.signs(served.work, "ada")
    served.work.git("config", "commit.gpgSign", "true")
    if command is Waive:
        write(served, None, Waive(commit=bad, reason="r"))
    else:
        forge(served, None, bad)
    served.work.do("sync")
    [loaded] = [served.work.loaded("topic")]
    assert loaded.tip is not None
    last = served.work.git("cat-file", "commit", loaded.tip.commit)
    assert "gpgsig" not in last
    served.work.do("plan", "--goal", "more")
    served.work.do("sync")
    assert "gpgsig" in served.work.git("cat-file", "commit", "refs/oneshot/topic")


# -- a server that runs the tests ---------------------------------------------------------


@pytest.fixture
def running(served: Served) -> Served:
    """A server that runs what is pushed, and believes nobody."""
    served.bare.git("config", "--unset-all", "oneshot.verifier")
    served.bare.git("config", "oneshot.execute", "true")
    return served


boxed = pytest.mark.skipif(
    sandbox("require", os.environ, os.environ["PATH"]) is None,
    reason="no bubblewrap, or a kernel that lets this user have no namespaces",
)


@boxed
def test_h34_a_server_that_runs_the_tests(running: Served) -> None:
    """What is proven comes in without a seal; a test sees no quarantine, and writes nowhere."""
    work, outside = running.work, running.folder / "outside"
    work.repo.write(
        "checks/one", f'grep -qx one lib/one && ! env | grep GIT_Q && ! touch "{outside}"\n'
    )
    work.repo.write("lib/one", "one\n")
    work.git("add", "--all")
    work.git("commit", "-q", "--no-verify", "-m", "one")
    done = running.push()
    assert done.code == 0, done
    assert not outside.exists()
    before = sorted(running.bare.path.rglob("objects/**/*"))
    bad = work.land("bad", "--no-verify", test=False)
    refused(running.push(), f"refs/heads/main: {bad[:9]} is FAIL(no-test)")
    assert sorted(running.bare.path.rglob("objects/**/*")) == before


@boxed
def test_a_waiver_counts_there_alike(running: Served) -> None:
    bad = running.work.land("bad", "--no-verify", test=False)
    write(running, "eve", Waive(commit=bad, reason="r"))
    refused(running.push("HEAD:main", "refs/oneshot/topic"), "is FAIL(no-test)")
    write(running, "ada", Waive(commit=bad, reason="r"))
    assert running.push("HEAD:main", "refs/oneshot/topic").code == 0


@boxed
def test_it_judges_by_the_rules_of_before(running: Served) -> None:
    work = running.work
    work.repo.write(".oneshot.toml", BASE[".oneshot.toml"].replace('"lib/**"', '"nothing"'))
    work.git("commit", "-q", "--no-verify", "-am", "rules")
    bad = work.land("bad", "--no-verify", test=False)
    refused(running.push(), f"{bad[:9]} is FAIL(no-test)")
    assert running.push("HEAD^:main").code == 0


def test_without_a_sandbox_it_runs_nothing(running: Served) -> None:
    """Not by a setting that comes with the push, either."""
    bin_ = running.folder / "none"
    bin_.mkdir()
    (bin_ / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (bin_ / "bwrap").chmod(0o755)
    os.environ["PATH"] = os.pathsep.join([str(bin_), os.environ["PATH"]])
    running.work.land("one")
    refused(running.push(), "this server runs what is pushed in a sandbox, and has none")
    assert running.push("HEAD:refs/heads/other").code == 0
