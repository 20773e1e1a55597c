"""fsck on the command line, and seals that commands put on a trail."""

import json
import zlib
from pathlib import Path

import pytest

from git_oneshot.core.ids import LOCAL
from tests.gate.project import FEATURE, MakeProject, Project, run
from tests.sandbox import At, signing

REF = f"refs/oneshot/{FEATURE}"


def test_fsck_says_what_it_checked(feature: Project) -> None:
    done = feature.do("fsck", "--json")
    assert done.data == {"trails": 1, "findings": [], "seals": []}
    assert feature.do("fsck").out == "1 trail checked\n"
    assert feature.cli("fsck", "-f", "nothing", "--json").error == "STATE_NOT_FOUND"


def test_fsck_fails_on_damage_and_names_it(feature: Project) -> None:
    bad = feature.git("commit-tree", "-p", REF, "-m", "no event", f"{REF}^{{tree}}")
    feature.git("update-ref", REF, bad)
    done = feature.cli("fsck", "--json")
    assert (done.code, done.error) == (4, "TRAIL_DAMAGED")
    [finding] = done.data["broken"]
    assert (finding["rule"], finding["word"], finding["ref"]) == ("no-event", "error", FEATURE)
    assert f"error: {FEATURE}: no-event: trail commit {bad[:12]} holds no event" in (
        feature.cli("fsck").err
    )


@pytest.mark.parametrize("kind", ["no-event", "missing", "edited"])
def test_what_the_hint_names_mends_the_trail(
    feature: Project, make: MakeProject, kind: str
) -> None:
    """Whoever types it has a sound trail again, and what the remote has of it."""
    make.remote(feature)
    feature.do("install", "--yes")
    feature.do("checkpoint")
    feature.do("sync")
    tip, below = feature.git("rev-parse", REF), feature.git("rev-parse", f"{REF}~1")
    loose = feature.path / ".git/objects" / below[:2] / below[2:]
    if kind == "no-event":
        bad = feature.git("commit-tree", "-p", REF, "-m", "no event", f"{REF}^{{tree}}")
        feature.git("update-ref", REF, bad)
    elif kind == "missing":
        loose.unlink()
    else:
        loose.chmod(0o644)
        sound = zlib.decompress(loose.read_bytes())
        loose.write_bytes(zlib.compress(sound.replace(b"make it", b"mock it")))
    done = feature.cli("fsck", "--json")
    assert (done.code, done.data["broken"][0]["rule"]) == (4, kind)
    error = done.json["error"]
    assert feature.cli("replay", FEATURE, "--json").json["error"]["hint"] == error["hint"]
    done = feature.cli("fsck")
    assert done.err.count("error: topic: ") == 1, "once is enough"
    assert f"error: {FEATURE}: {kind}: " in done.err
    for command in error["hint"].split("; "):
        does = command.partition(": ")[2] or command
        assert run(["sh", "-c", does], feature.path).code == 0, does
    assert feature.do("fsck").out == "2 trails checked\n"
    assert feature.git("rev-parse", REF) == tip


def test_junk_on_a_hub_is_mended_by_what_the_hint_names(
    feature: Project, make: MakeProject
) -> None:
    """By whoever may move its refs; every clone is sound again by its next sync."""
    bare = make.remote(feature)
    feature.do("install", "--yes")
    feature.do("sync")
    good = feature.git("rev-parse", REF)
    bad = feature.git("commit-tree", "-p", REF, "-m", "junk", f"{REF}^{{tree}}")
    feature.git("push", "-q", "--no-verify", "origin", f"{bad}:{REF}")
    error = feature.cli("sync", "--json").json["error"]
    hint = error["hint"]
    assert feature.cli("fsck", "--json").json["error"]["hint"] == hint
    for command in hint.split("; "):
        assert run(["sh", "-c", command.partition(": ")[2]], feature.path).code == 0
    assert bare.git("rev-parse", REF) == good
    feature.do("sync")
    assert feature.do("fsck").out == "2 trails checked\n"
    assert feature.do("sync").err == ""
    kept = f"refs/oneshot-remote/origin@{bad[:12]}/{FEATURE}"  # as others may have kept it
    feature.git("update-ref", kept, bad)
    hint = feature.cli("fsck", "--json").json["error"]["hint"]
    assert run(["sh", "-c", hint.rpartition(": ")[2]], feature.path).code == 0
    assert feature.do("fsck").out == "2 trails checked\n"


@pytest.mark.parametrize("cut", ["clone", "fetch"])
def test_a_trail_that_a_shallow_clone_cuts_is_made_whole_by_what_the_hint_names(
    feature: Project, make: MakeProject, tmp_path: Path, cut: str
) -> None:
    url = f"file://{make.remote(feature).path}"
    feature.do("sync")
    setting = f"remote.origin.fetch=+{LOCAL}*:refs/oneshot-remote/origin/*"
    there = Project(At(tmp_path / "there"))
    depth = ["--depth=1"]
    many = ["--no-single-branch", *depth] if cut == "clone" else []
    feature.git("clone", "-q", *many, "-c", setting, url, str(there.path))
    if cut == "fetch":
        there.git("fetch", "-q", *depth)
    done = there.cli("fsck", "--json")
    assert (done.code, [row["rule"] for row in done.data["broken"]]) == (4, ["cut"])
    error = done.json["error"]
    assert error["message"].endswith(" is cut off: the clone is shallow")
    said = [
        (one["what"], one["mend"], one["note"])
        for row in there.cli("doctor", "--json").data["checks"]
        for one in row["findings"] if row["check"] in ("trails", "history")
    ]  # fmt: skip
    helps = error["hint"].partition(": ")[2]
    assert said == [("1 trail is cut off, since the clone is shallow", helps.split(), False)]
    assert run(["sh", "-c", helps], there.path).code == 0
    assert there.do("fsck").out == "1 trail checked\n"


def test_a_sync_of_a_damaged_trail_says_whose_fault_it_is(
    feature: Project, make: MakeProject
) -> None:
    make.remote(feature)
    feature.do("sync")
    bad = feature.git("commit-tree", "-p", REF, "-m", "no event", f"{REF}^{{tree}}")
    feature.git("update-ref", REF, bad)
    done = feature.cli("sync")
    assert done.code == 4
    assert done.err.splitlines() == [
        f"error: topic: trail commit {bad[:12]} holds no event", "hint: git oneshot fsck",
    ]  # fmt: skip


@pytest.mark.parametrize("origin", ["", "it's"])
@pytest.mark.parametrize("kind", ["blob", "tree", "tag", "commit"])
def test_a_ref_that_is_no_trail_is_named_with_what_takes_it_away(
    feature: Project, make: MakeProject, kind: str, origin: str
) -> None:
    """And what the hint says does take it away, whoever's it is, and no fetch brings it again."""
    feature.git("tag", "-a", "-m", "x", "tag")
    names = {"blob": "HEAD:README", "tree": "HEAD^{tree}", "tag": "tag", "commit": "HEAD"}
    ref = f"refs/oneshot-remote/{origin}/junk" if origin else "refs/oneshot/junk"
    feature.git("update-ref", ref, feature.git("rev-parse", names[kind]))
    if origin:
        refspec = f"+refs/oneshot/*:refs/oneshot-remote/{origin}/*"
        bare = make.remote(feature)
        feature.git("remote", "rename", "origin", origin)
        feature.git("config", f"remote.{origin}.fetch", refspec)
        feature.git("push", "-q", "--no-verify", str(bare.path), f"{ref}:refs/oneshot/junk")
    done = feature.cli("status", "junk", "--json")
    assert (done.code, done.error) == (4, "TRAIL_DAMAGED")
    why = "does not begin as one of 'junk' does" if kind == "commit" else "names no commit"
    error = done.json["error"]
    assert error["message"] == f"'{ref}' is no trail: it {why}"
    look, _, drop = error["hint"].partition("; if nobody needs it: ")
    for command in (look.removeprefix("see what it is: "), drop):
        assert run(["sh", "-c", command], feature.path).code == 0
    if origin:
        feature.git("fetch", "-q", origin)
    assert feature.do("fsck").out == "1 trail checked\n"


def test_repair_makes_anew_what_is_derived(feature: Project, one: str) -> None:
    feature.do("finalize")
    shown = feature.git("log", "-1", one)
    assert "claimed" in shown
    us = {f"GIT_{who}_EMAIL": "git-oneshot@localhost" for who in ("AUTHOR", "COMMITTER")}
    wrong = feature.may("commit-tree", "-m", "wrong", "HEAD^{tree}", env=us).out.strip()
    feature.git("update-ref", "refs/notes/oneshot", wrong)
    (feature.own / "states").write_bytes(b"torn")
    before = feature.git("rev-parse", REF)
    feature.do("fsck", "--repair")
    assert feature.git("log", "-1", one) == shown
    assert feature.git("rev-parse", REF) == before


def test_repair_touches_what_is_derived_alone(
    feature: Project, one: str, make: MakeProject
) -> None:
    """Each of its files is made anew, whatever it held; all else of ours stays byte for byte."""
    make.remote(feature, at="HEAD^")
    feature.do("install", "--yes")
    feature.do("checkpoint")
    feature.do("sync")
    said = [feature.do(*argv).out for argv in (["list"], ["status"], ["log"])]
    derived = ("states", "glances", "seen", "displayed", "suiteless")
    for name in derived:
        (feature.own / name).write_text("rubbish\n")
    (feature.own / "verified").write_text(json.dumps({feature.head: "PASS behaviour"}))

    def kept() -> dict[str, bytes]:
        return {
            str(file): file.read_bytes() for file in feature.own.rglob("*")
            if file.is_file() and file.name not in derived
        }  # fmt: skip

    files, refs = kept(), feature.git("for-each-ref", "refs/oneshot", "refs/oneshot-remote")
    assert {"trust", "added", "verified", "program"} <= {Path(name).name for name in files}
    feature.do("fsck", "--repair")
    assert kept() == files
    assert feature.git("for-each-ref", "refs/oneshot", "refs/oneshot-remote") == refs
    left = [name for name in derived if feature.lines(name) == ["rubbish"]]
    assert left == []
    assert [feature.do(*argv).out for argv in (["list"], ["status"], ["log"])] == said
    assert feature.do("doctor").code == 0


@pytest.mark.parametrize("ref", ["refs/oneshot/topic/x", "refs/oneshot/Topic"])
def test_a_decoy_is_no_feature_also_where_the_true_one_is_gone(feature: Project, ref: str) -> None:
    """A sound trail of another's under a name like a feature's is neither read, moved nor sent."""
    tip = feature.git("rev-parse", REF)
    feature.git("update-ref", "-d", REF)
    feature.git("update-ref", ref, tip)
    assert feature.do("list", "--all", "--json").data["features"] == []
    assert feature.cli("status", FEATURE, "--json").error == "STATE_NOT_FOUND"
    assert f"warning: {ref}: ref-name: " in feature.do("fsck").err + feature.do("fsck").out
    assert feature.git("rev-parse", ref) == tip


def test_a_copy_of_a_trail_that_is_gone_is_not_taken_for_it(feature: Project) -> None:
    """Its root is that of its own id: under another name it is no trail."""
    tip = feature.git("rev-parse", REF)
    feature.git("update-ref", "-d", REF)
    feature.git("update-ref", "refs/oneshot/decoy", tip)
    assert feature.cli("status", FEATURE, "--json").error == "STATE_NOT_FOUND"
    done = feature.cli("fsck", "--json")
    assert (done.code, [one["rule"] for one in done.data["broken"]]) == (4, ["parents"])
    assert feature.cli("checkpoint", "-f", "decoy", "--json").error == "TRAIL_DAMAGED"
    assert feature.git("rev-parse", "refs/oneshot/decoy") == tip


def test_rules_that_cannot_be_read_hide_no_damage(feature: Project) -> None:
    """fsck ended with what is wrong with the rules, and trails were not looked at."""
    feature.repo.write(".oneshot.toml", '[trail]\npush = "bogus"\n')
    feature.git("add", ".oneshot.toml")
    feature.unhooked("rules")
    done = feature.cli("fsck")
    assert (done.code, done.out) == (0, "1 trail checked\n")
    said = "warning: whether a seal is required is not known: .oneshot.toml:2: invalid enum value"
    assert done.err.startswith(said)
    feature.git("update-ref", REF, feature.head)
    assert feature.cli("fsck", "--json").error == "TRAIL_DAMAGED"


def test_repair_leaves_notes_of_the_users_own(project: Project) -> None:
    project.git("notes", "--ref", "oneshot", "add", "-m", "mine, and nowhere else", "HEAD")
    before = project.git("rev-parse", "refs/notes/oneshot")
    done = project.do("fsck", "--repair")
    assert project.git("rev-parse", "refs/notes/oneshot") == before
    assert "note: refs/notes/oneshot holds notes of yours" in done.err


def test_what_ends_a_feature_is_sealed(feature: Project, make: MakeProject, tmp_path: Path) -> None:
    make.remote(feature)
    signing(feature.repo, tmp_path)
    feature.land("one", "--no-verify")
    done = feature.do("finalize", "--json")
    assert done.data["tip"] == feature.git("rev-parse", REF)
    assert "gpgsig" in feature.git("cat-file", "commit", REF)
    data = feature.do("fsck", "--signatures", "--json").data
    [seal] = data["seals"]
    assert (seal["verdict"], seal["signer"]) == ("good", "ada@example.org")
    assert data["findings"] == []
    assert "seal: topic:" in feature.do("fsck", "--signatures").out
    # A sync seals what this user said since, once.
    feature.do("sync")
    assert feature.git("rev-parse", REF) == seal["commit"]
    feature.do("init", "next", "--policy", "never")
    feature.do("sync")
    assert "gpgsig" in feature.git("cat-file", "commit", "refs/oneshot/next")
    before = feature.git("rev-parse", "refs/oneshot/next")
    feature.do("sync")
    assert feature.git("rev-parse", "refs/oneshot/next") == before


def test_what_a_person_says_of_a_commit_is_sealed(feature: Project, tmp_path: Path) -> None:
    signing(feature.repo, tmp_path)
    feature.do("declare", "refactor", "--reason", "one loop instead of two")
    assert "gpgsig" in feature.git("cat-file", "commit", REF)
    [seal] = feature.do("fsck", "--signatures", "--json").data["seals"]
    assert seal["verdict"] == "good"


def test_a_seal_that_cannot_be_made_is_left_out_and_said(feature: Project, tmp_path: Path) -> None:
    signing(feature.repo, tmp_path)
    feature.git("config", "gpg.ssh.program", "false")
    feature.land("one", "--no-gpg-sign")
    done = feature.do("finalize")
    assert "warning: the trail of 'topic' is not sealed" in done.err
    assert "gpgsig" not in feature.git("cat-file", "commit", REF)
    assert feature.do("status", FEATURE, "--json").data["phase"] == "completed"


def ask_for_seals(feature: Project, word: str) -> None:
    """Let the rules ask for seals, in a commit of its own."""
    rules = feature.path / ".oneshot.toml"
    was = rules.read_text().partition("[trail]")[0]
    rules.write_text(f'{was}[trail]\nsignatures = "{word}"\n')
    feature.git("commit", "-qam", f"rules: {word}")


def test_rules_can_ask_for_seals(feature: Project, make: MakeProject, tmp_path: Path) -> None:
    """It is said at once where one is missing, and it can be made up for, also when it was sent."""
    make.remote(feature)
    ask_for_seals(feature, "warn")
    feature.land("one", "--no-verify")
    said = feature.do("finalize").err
    assert f"warning: the trail of '{FEATURE}' is not sealed: git signs nothing here\n" in said
    later = f"git config commit.gpgSign true, then git oneshot sync -f {FEATURE}"
    assert f"hint: seal it later: {later}\n" in said
    feature.do("sync")
    ask_for_seals(feature, "require")
    done = feature.cli("fsck", "--json")
    assert done.code == 4
    assert {(x["rule"], x["word"]) for x in done.data["broken"]} == {("unsealed", "error")}
    assert done.json["error"]["hint"] == f"who ended it can seal it: {later}"
    signing(feature.repo, tmp_path)
    feature.do("sync")
    assert feature.cli("fsck").code == 4  # others have it: it is sealed when that is asked for
    assert feature.do("sync", "-f", FEATURE).out == f"{FEATURE}: sealed\n"
    assert feature.do("fsck", "--json").data["seals"][0]["verdict"] == "good"
    before = feature.git("rev-parse", REF)
    feature.do("sync", "-f", FEATURE)
    assert feature.git("rev-parse", REF) == before


@pytest.mark.parametrize("how", ["never", "no signer"])
def test_where_rules_require_a_seal_no_feature_ends_without(
    feature: Project, tmp_path: Path, how: str
) -> None:
    """What could not be sealed is refused before anything is proven or written."""
    ask_for_seals(feature, "require")
    feature.land("one", "--no-verify")
    why, hint = "commit.gpgSign is not set", "let git sign: git config commit.gpgSign true"
    if how == "no signer":
        signing(feature.repo, tmp_path)
        feature.git("config", "gpg.ssh.program", "false")
        why, hint = "", "see what git signs with: git config user.signingKey"
    before = feature.git("rev-parse", REF)
    done = feature.cli("finalize", "--json")
    assert done.code == 1
    assert (done.error, done.data["guard"]) == ("GUARD_FAILED", "sealed")
    said = done.json["error"]
    what = "the end of a feature is to be sealed, and git does not sign: "
    assert said["message"].startswith(what + why)
    assert (said["hint"], done.data["commits"]) == (hint, None)
    assert feature.git("rev-parse", REF) == before
    if how == "no signer":
        feature.git("config", "--unset", "gpg.ssh.program")
    else:
        signing(feature.repo, tmp_path)
    feature.do("finalize")
    assert feature.do("fsck", "--json").data["seals"][0]["verdict"] == "good"


def test_a_seal_that_will_not_be_believed_is_told_before_it_is_sent(
    feature: Project, tmp_path: Path
) -> None:
    """Who signs with a key that is no allowed signer's heard of it from the push alone."""
    signing(feature.repo, tmp_path)
    (tmp_path / "allowed").write_text("")
    ask_for_seals(feature, "require")
    feature.land("one", "--no-verify")
    before = feature.git("rev-parse", REF)
    done = feature.cli("finalize", "--json")
    assert (done.code, done.data["commits"]) == (1, None)
    assert (done.error, done.data["guard"]) == ("GUARD_FAILED", "sealed")
    assert done.json["error"]["message"] == (
        "the end of a feature is to be sealed, and your seal would not be believed: "
        "no allowed signer has its key"
    )
    hint = f"let '{tmp_path / 'allowed'}' have a line: ada@example.org KEY"
    assert done.json["error"]["hint"] == hint
    assert feature.git("rev-parse", REF) == before
    feature.git("config", "--unset", "gpg.ssh.allowedSignersFile")
    none = "git config gpg.ssh.allowedSignersFile FILE, of lines such as: ada@example.org KEY"
    assert feature.cli("finalize", "--json").json["error"]["hint"] == none
    feature.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "allowed"))
    # What is no end is only warned of, and so is an end where the rules only warn.
    said = f"warning: the seal of '{FEATURE}' is by nobody that git knows here: "
    said += f"no allowed signer has its key\nhint: {hint}\n"
    assert said in feature.do("declare", "refactor", "--reason", "one loop").err
    ask_for_seals(feature, "warn")
    assert said in feature.do("finalize").err


@pytest.mark.parametrize(
    ("word", "code", "label"), [("warn", 0, "warning"), ("require", 1, "error")]
)
def test_an_end_that_no_good_seal_vouches_for_is_not_quietly_believed(
    feature: Project, one: str, make: MakeProject, tmp_path: Path, word: str, code: int, label: str
) -> None:
    """By whichever way it came: status, sync, doctor and a push say so."""
    make.remote(feature, at="HEAD^")
    feature.do("finalize")
    ask_for_seals(feature, word)
    feature.change("two")
    feature.unhooked("two")
    said = f"what ended '{FEATURE}' is behind no good seal"
    assert f"warning: {said}\n" in feature.do("status", FEATURE).err
    done = feature.do("sync")
    assert f"warning: {said}\n" in done.err
    hint = f"hint: see what is sealed: git oneshot fsck --signatures -f {FEATURE}\n"
    assert done.err.endswith(hint)
    done = feature.may("push", "origin", "HEAD:refs/heads/more")
    assert (done.code, f"{label}: {said}\n" in done.err) == (code, True)
    trails = [
        one["what"] for row in feature.cli("doctor", "--json").data["checks"]
        if row["check"] == "trails" for one in row["findings"]
    ]  # fmt: skip
    assert len(trails) == 2 * code  # ours, and what the remote has
    signing(feature.repo, tmp_path)
    feature.do("sync", "-f", FEATURE)
    for argv in (["status", FEATURE], ["sync"]):
        assert said not in feature.do(*argv).err
    assert said not in feature.may("push", "origin", "HEAD:refs/heads/more").err
    (tmp_path / "allowed").write_text("")
    assert f"warning: {said}\n" in feature.do("status", FEATURE).err


def test_a_seal_that_is_not_believed_names_what_helps(feature: Project, tmp_path: Path) -> None:
    signing(feature.repo, tmp_path)
    feature.do("declare", "refactor", "--reason", "one loop instead of two")
    sound = feature.git("cat-file", "commit", REF)
    (tmp_path / "allowed").write_text("")
    done = feature.do("fsck", "--signatures")
    assert "knows here: no allowed signer has its key\n" in done.out
    assert f"hint: see what git says: git verify-commit {feature.git('rev-parse', REF)[:12]}" in (
        done.err
    )
    behind = feature.git("rev-parse", f"{REF}~1"), feature.git("rev-parse", f"{REF}~2")
    forged = feature.repo.git("hash-object", "-t", "commit", "-w", "--stdin",
                              stdin=f"{sound.replace(*behind)}\n")  # fmt: skip
    feature.git("update-ref", REF, forged)
    done = feature.cli("fsck", "--signatures", "--json")
    assert (done.code, done.data["broken"][-1]["rule"]) == (4, "seal-bad")
    assert done.json["error"]["message"].endswith(": a seal does not fit what it seals")
    assert done.json["error"]["hint"] == f"see what git says: git verify-commit {forged[:12]}"


def test_findings_that_read_alike_are_few_lines(feature: Project) -> None:
    from git_oneshot.cli.commands.fsck import _lines
    from git_oneshot.cli.data.parts import BrokenRow

    row = BrokenRow(rule="odd-entry", word="warning", ref="f", commit="c", what="w", meaning="m")
    lines = _lines([row] * 30)
    assert len(lines) == 11
    assert lines[-1] == "warning: odd-entry: 20 more; --json has all"
