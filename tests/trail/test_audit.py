"""fsck names every rule that a trail breaks, and nothing of a sound one."""

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from git_oneshot.core import facts as f
from git_oneshot.core.codec import encode
from git_oneshot.core.commands import RequestSynthesis
from git_oneshot.core.errors import OneshotError
from git_oneshot.core.events import Event
from git_oneshot.session import Session
from git_oneshot.trail import audit as audit_module
from git_oneshot.trail import source
from git_oneshot.trail.audit import RULES, Finding, audit, odd_refs
from git_oneshot.trail.merging import join
from git_oneshot.trail.sealed import Seal, seals
from git_oneshot.trail.seals import reason, unsigned
from git_oneshot.trail.store import Tip
from tests.proof.test_process import gone
from tests.sandbox import AUTHOR, MakeRepo, MakeWorld, Repo, signing
from tests.trail import test_damage as damage
from tests.trail.crafted import (
    FEATURE,
    OTHER,
    Open,
    append,
    commit_with,
    events_of,
    hash_object,
    judged,
    loose,
    message_of,
    point,
    root_of,
    started,
    titled,
)
from tests.trail.test_merge import forked

CODE: Final = "a" * 40


def found(repo: Repo, opened: Open) -> list[Finding]:
    """What is found in a repository."""
    store = opened(repo)
    return [*audit(store, store.tips()), *odd_refs(repo.discover(), store.tips())]


def test_a_sound_repository_has_no_finding(repo: MakeRepo, opened: Open, world: MakeWorld) -> None:
    ours, _ = forked(repo, opened)
    Session(opened(ours), world()).execute(FEATURE, RequestSynthesis())
    plan = f.Plan(payload=hashlib.sha256(b"long").hexdigest())
    [event] = events_of(1, started(OTHER))
    tip = append(opened(ours), OTHER, None, started(OTHER))
    patched = f.Patched(fields=("plan",), plan=plan)
    [event] = events_of(2, patched)
    append(opened(ours), OTHER, tip, patched, payloads={event.id: b"long"})
    loose = ours.git("count-objects")
    assert found(ours, opened) == []
    assert ours.git("count-objects") == loose  # looking writes nothing


def cut(repo: Repo, root: str, tip: Tip) -> str:
    """The clone is shallow, and the trail is cut at its tip."""
    (repo.path / ".git/shallow").write_text(f"{tip.commit}\n")
    return tip.commit


# How each rule is broken that reading checks: by what test_damage does.
READ: Final[Mapping[str, damage.Break]] = {
    "missing": damage.missing,
    "cut": cut,
    "edited": damage.edited,
    "too-big": damage.huge_commit,
    "header": damage.of_no_time,
    "parents": damage.three_parents,
    "no-event": damage.without_events,
    "too-many-events": damage.many_events,
    "event": damage.not_json,
    "newer": damage.newer,
    "unknown-type": damage.unknown,
    "clock": damage.skipped_clock,
    "merge": damage.out_of_order,
}


@pytest.mark.parametrize("rule", READ)
def test_what_cannot_be_read_is_an_error(work: Repo, opened: Open, rule: str) -> None:
    tip = damage.two_appends(opened(work))
    point(work, FEATURE, READ[rule](work, root_of(work, FEATURE), tip))
    findings = [one for one in found(work, opened) if one.word == "error"]
    assert [(one.rule, one.ref) for one in findings] == [(rule, FEATURE)]


def test_a_trail_that_is_too_long(
    work: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from git_oneshot.trail import reading

    damage.two_appends(opened(work))
    monkeypatch.setattr(reading, "MAX_APPENDS", 1)
    assert [one.rule for one in found(work, opened)] == ["too-long"]


def with_tree(repo: Repo, parent: str, tree: str, *events: Event, who: str = AUTHOR) -> str:
    """A commit of a trail with a tree of one's own."""
    header = (
        f"tree {tree}\nparent {parent}\nauthor {who} 1767225600 +0000\n"
        f"committer {who} 1767225600 +0000\n\n"
    )
    return hash_object(repo, "commit", header.encode() + message_of(events))


def tree(repo: Repo, *entries: tuple[str, str, str]) -> str:
    """A tree with these modes, ids and names."""
    raw = b"".join(
        f"{mode} {name}\0".encode(errors="surrogateescape") + bytes.fromhex(oid)
        for mode, oid, name in entries
    )
    return hash_object(repo, "tree", raw)


def note(repo: Repo, text: bytes, commit: str = CODE) -> str:
    """A notes tree with one note."""
    folder = tree(repo, ("100644", hash_object(repo, "blob", text), commit[2:]))
    return tree(repo, ("40000", folder, commit[:2]))


def long_note(repo: Repo) -> str:
    """A note that is longer than notes are."""
    return note(repo, b"x" * (2**20 + 1))


SOUND: Final = b"0000000003 recorded\n"
VIEWS: Final[Mapping[str, Callable[[Repo], str]]] = {
    "a link": lambda r: tree(r, ("120000", hash_object(r, "blob", b"/etc/passwd"), "aa")),
    "a submodule": lambda r: tree(r, ("160000", "b" * 40, "aa")),
    "a name that climbs": lambda r: tree(r, ("40000", tree(r), "..")),
    "a name of git's": lambda r: tree(r, ("40000", tree(r), ".git")),
    "escapes in a name": lambda r: tree(r, ("100644", hash_object(r, "blob", b""), "\x1b[31m")),
    "a note that is a folder": lambda r: tree(
        r, ("40000", tree(r, ("40000", tree(r), CODE[2:])), "aa")
    ),
    "escapes in a note": lambda r: note(r, b"0000000003 \x1b]0;owned\x07\n"),
    "bidi marks in a note": lambda r: note(r, "0000000003 \u202egnp.exe\n".encode()),
    "a note that is too long": long_note,
    "a note on someone else's commit": lambda r: note(r, SOUND, "b" * 40),
    "a tree that is none": lambda r: tree(r, ("40000", hash_object(r, "blob", b"no tree"), "aa")),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_odd_trees_are_named_read_past_and_not_carried_on(
    work: Repo, opened: Open, world: MakeWorld, kind: str
) -> None:
    """Plain git stays well: neither a log nor a next append comes to harm."""
    tip = append(opened(work), FEATURE, None, started())
    events = events_of(2, judged(CODE))
    point(work, FEATURE, with_tree(work, tip.commit, VIEWS[kind](work), *events))
    findings = found(work, opened)
    if kind != "a tree that is none":
        assert {one.word for one in findings if one.rule != "author"} == {"warning"}
        shown = " ".join(one.what for one in findings)
        assert "\x1b" not in shown and "\u202e" not in shown
    work.git("log", "--all", "--oneline")
    receipt = Session(opened(work), world()).execute(FEATURE, RequestSynthesis())
    assert receipt.state.requests == 1
    if kind == "a tree that is none":  # no fetch brings that: git looks at what is connected
        return
    kept = [line.split()[0] for line in work.git("ls-tree", "-rt", receipt.tip.commit).splitlines()]
    assert set(kept) <= {"040000", "100644"}


@pytest.mark.parametrize("inside", [False, True])
def test_what_is_no_payload_hides_nothing_of_other_trails(
    work: Repo, opened: Open, inside: bool
) -> None:
    """git fetches a submodule's commit with nothing behind it, wherever it is named."""
    tip = append(opened(work), FEATURE, None, started())
    [event] = events_of(2, f.Patched(fields=("plan",), plan=f.Plan(payload="0" * 64)))
    nothing = ("160000", "b" * 40)
    payload = ("40000", tree(work, (*nothing, event.id)), "payload")
    made = tree(work, payload if inside else (*nothing, "payload"))
    point(work, FEATURE, with_tree(work, tip.commit, made, event))
    other = append(opened(work), OTHER, None, started(OTHER))
    odd = note(work, SOUND, "b" * 40)
    point(work, OTHER, with_tree(work, other.commit, odd, *events_of(2, titled("t"))))
    rules = [(one.ref, one.rule) for one in found(work, opened) if one.rule != "author"]
    assert rules == [
        (FEATURE, "payload" if inside else "odd-entry"),
        (FEATURE, "odd-entry" if inside else "payload"),
        (OTHER, "alien-note"),
    ]


def test_a_note_that_is_missing_is_named_and_the_rest_looked_at(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started())
    tip = append(opened(work), FEATURE, tip, judged(CODE))
    os.unlink(loose(work, work.git("rev-parse", f"{tip.commit}:{CODE[:2]}/{CODE[2:]}")))
    other = append(opened(work), OTHER, None, started(OTHER))
    odd = note(work, SOUND, "b" * 40)
    point(work, OTHER, with_tree(work, other.commit, odd, *events_of(2, titled("t"))))
    findings = [one for one in found(work, opened) if one.rule != "author"]
    assert [(one.ref, one.rule) for one in findings] == [
        (FEATURE, "missing"), (OTHER, "alien-note")
    ]  # fmt: skip
    assert tip.commit[:12] in findings[0].what


def test_a_note_does_not_hide_behind_another_with_the_same_words(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started())
    blob = hash_object(work, "blob", b"0000000002 recorded\n")
    folder = tree(work, ("100644", blob, CODE[2:]), ("100644", blob, "b" * 38))
    made = tree(work, ("40000", folder, CODE[:2]), ("40000", folder, "bb"))
    point(work, FEATURE, with_tree(work, tip.commit, made, *events_of(2, judged(CODE))))
    findings = [one for one in found(work, opened) if one.rule != "author"]
    assert [one.rule for one in findings] == ["alien-note"] * 3


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that are looked at from here on."""
    names: list[str] = []
    look = source.Source.look

    def watched(self: source.Source, name: str) -> tuple[str, bytes | None]:
        names.append(name)
        return look(self, name)

    monkeypatch.setattr(source.Source, "look", watched)
    return names


def test_one_text_under_a_thousand_events_is_unpacked_once(
    work: Repo, opened: Open, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of payloads of no event nothing: a few kilobytes could fill any memory."""
    tip = append(opened(work), FEATURE, None, started())
    facts = (f.Patched(fields=("plan",), plan=f.Plan(payload="0" * 64, goal=str(n)))
             for n in range(10))  # fmt: skip
    events = events_of(2, *facts)
    blob, other = (hash_object(work, "blob", text) for text in (b"text", b"other"))
    names = [("100644", blob, event.id) for event in events]
    names += [("100644", other, event.id) for event in events_of(99, titled("of no event"))]
    payload = tree(work, *sorted(names, key=lambda one: one[2]))
    made = tree(work, ("40000", payload, "payload"))
    new = with_tree(work, tip.commit, made, *events)
    point(work, FEATURE, new)
    looked.clear()
    rules = [one.rule for one in found(work, opened) if one.rule != "author"]
    assert sorted(rules) == ["odd-entry", *["payload"] * 10]
    assert looked.count(blob) == 1 and other not in looked
    monkeypatch.setattr(source, "MAX_TRAIL", 20)
    assert opened(work).payloads([new], {events[0].id}) == {events[0].id: b"text"}
    with pytest.raises(OneshotError, match="over the limit"):
        opened(work).payloads([new], {event.id for event in events})


def test_of_thousands_of_odd_things_the_first_are_named(
    work: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree of one folder under 256 names is a kilobyte on a hub, and a million notes."""
    monkeypatch.setattr(audit_module, "MAX_FOUND", 50)
    tip = append(opened(work), FEATURE, None, started())
    blob = hash_object(work, "blob", SOUND)
    folder = tree(work, *(("100644", blob, f"{n:038x}") for n in range(300)))
    many = tree(work, *(("40000", folder, f"{n:02x}") for n in range(256)))
    again = with_tree(work, tip.commit, many, *events_of(2, titled("t")))
    again = with_tree(work, again, tree(work), *events_of(3, titled("t")), who="Eve <e@x>")
    point(work, FEATURE, again)
    findings = found(work, opened)
    assert [one.rule for one in findings].count("alien-note") == 50
    assert [one.what for one in findings if one.rule == "odd-entry"] == [
        f"trail commit {work.git('rev-parse', f'{again}~1')[:12]}"
        " is as far as trees are looked at: they are too large, or too odd"
    ]
    assert [one.rule for one in findings].count("author") == 1


def test_what_takes_long_to_look_at_is_not_looked_at_for_ever(
    work: Repo, opened: Open, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_module, "MAX_LOOKED", 10_000)
    tip = append(opened(work), FEATURE, None, started())
    for n in range(20):
        tip = append(opened(work), FEATURE, tip, judged(f"{n:040x}"))
    looked.clear()
    assert [one.rule for one in found(work, opened)] == ["odd-entry"]
    commits = 2 * 21  # of each its tree, and who it is by
    assert len(looked) < commits + 20


def test_a_merge_with_another_tree(repo: MakeRepo, opened: Open) -> None:
    ours, _ = forked(repo, opened)
    tip = opened(ours).tip(FEATURE)
    assert tip is not None
    merge = join(opened(ours), tip).commit
    sound = ours.git("cat-file", "commit", merge).encode() + b"\n"
    forged = sound.replace(
        ours.git("rev-parse", f"{merge}^{{tree}}").encode(), note(ours, SOUND).encode()
    )
    point(ours, FEATURE, hash_object(ours, "commit", forged))
    assert "merge-tree" in {one.rule for one in found(ours, opened)}


@pytest.mark.parametrize("content", [None, b"other"])
def test_a_payload_that_is_not_what_the_event_says(
    work: Repo, opened: Open, content: bytes | None
) -> None:
    tip = append(opened(work), FEATURE, None, started())
    plan = f.Patched(fields=("plan",), plan=f.Plan(payload=hashlib.sha256(b"x").hexdigest()))
    [event] = events_of(2, plan)
    append(opened(work), FEATURE, tip, plan,
           payloads={} if content is None else {event.id: content})  # fmt: skip
    assert [one.rule for one in found(work, opened)] == ["payload"]


@pytest.mark.parametrize(("content", "rules"), [(None, []), (b"x", []), (b"other", ["payload"])])
def test_a_log_may_be_elsewhere_and_is_what_the_event_says(
    work: Repo, opened: Open, content: bytes | None, rules: list[str]
) -> None:
    tip = append(opened(work), FEATURE, None, started())
    red = f.Reddened(proof=f.Proof(word="FAIL"), log=hashlib.sha256(b"x").hexdigest())
    [event] = events_of(2, red)
    append(opened(work), FEATURE, tip, red,
           payloads={} if content is None else {event.id: content})  # fmt: skip
    assert [one.rule for one in found(work, opened)] == rules


def test_who_wrote_a_commit_and_what_is_used_twice(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started())
    events = events_of(2, titled("t"))
    empty = hash_object(work, "tree", b"")
    one = with_tree(work, tip.commit, empty, *events, who="Eve <eve@example.org>")
    again = replace(events[0], clock=3, at="2026-01-01T00:00:00Z")
    point(work, FEATURE, with_tree(work, one, empty, again))
    assert [x.rule for x in found(work, opened)] == ["author", "twice"]


def test_a_line_that_no_event_says_is_no_note(work: Repo, opened: Open) -> None:
    """On a commit that the trail does speak of, where it would be read as a proof."""
    tip = append(opened(work), FEATURE, None, started())
    sound = b"0000000002 PASS in the words of another version\n"
    forged = sound + b"0000000001 PASS behaviour\n"
    for text, rules in ((sound, []), (forged, ["odd-note"]), (b"PASS\n", ["odd-note"])):
        made = note(work, text)
        point(work, FEATURE, with_tree(work, tip.commit, made, *events_of(2, judged(CODE))))
        assert [one.rule for one in found(work, opened) if one.rule != "author"] == rules


def test_an_id_twice_in_one_append(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started())
    one, two = events_of(2, titled("t"), titled("u"))
    same = (one, replace(two, id=one.id))
    point(work, FEATURE, with_tree(work, tip.commit, tree(work), *same))
    assert [x.rule for x in found(work, opened)] == ["twice"]


@pytest.mark.parametrize("summary", [b"", b"\x1b[31mred", "\u202eeno".encode(), b"two\nlines"])
def test_a_summary_is_one_printable_line(work: Repo, opened: Open, summary: bytes) -> None:
    tip = append(opened(work), FEATURE, None, started())
    message = message_of(events_of(2, titled("t"))).replace(b"by hand", summary, 1)
    made = commit_with(work, [tip.commit], message)
    at = work.git("cat-file", "commit", made).encode() + b"\n"
    point(work, FEATURE, hash_object(work, "commit", at.replace(b"1767225600", b"1767225602")))
    assert [x.rule for x in found(work, opened) if x.rule != "author"] == ["odd-summary"]


def test_who_wrote_it_did_so_in_utc(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started())
    at = work.git("cat-file", "commit", tip.commit).encode() + b"\n"
    point(work, FEATURE, hash_object(work, "commit", at.replace(b"+0000", b"+0200")))
    assert [x.rule for x in found(work, opened)] == ["author"]


def test_a_day_that_there_is_not_ends_no_fsck(work: Repo, opened: Open) -> None:
    tip = append(opened(work), FEATURE, None, started())
    [event] = events_of(2, titled("t"))
    never = replace(event, at="2026-13-45T99:99:99Z")
    point(work, FEATURE, with_tree(work, tip.commit, tree(work), never))
    assert [x.rule for x in found(work, opened)] == ["author"]


def test_refs_with_odd_names_are_named(work: Repo, opened: Open) -> None:
    code = work.commit("code")
    work.git("update-ref", "refs/oneshot/Upper", code)
    work.git("update-ref", "refs/oneshot-remote/fix-typo", work.head)
    work.git("update-ref", "refs/oneshot-remote/origin/Upper", work.head)
    assert [(x.rule, x.ref) for x in found(work, opened)] == [
        ("ref-name", "refs/oneshot-remote/fix-typo"),
        ("ref-name", "refs/oneshot-remote/origin/Upper"),
        ("ref-name", "refs/oneshot/Upper"),
    ]


def test_every_rule_has_a_test() -> None:
    tested = {*READ, "too-long", "merge-tree", "payload", "author", "twice", "ref-name"}
    tested |= {
        "odd-summary",
        "odd-entry",
        "odd-note",
        "alien-note",
        "seal-bad",
        "seal-unknown",
        "unsealed",
    }
    assert tested == set(RULES)
    assert audit_module.RULES is RULES
    assert encode(events_of(1, started())[0])


# -- seals ------------------------------------------------------------------------------


@pytest.fixture
def by_gpg(work: Repo) -> Iterator[None]:
    """Let a repository sign by gpg, whose socket has to have a short name."""
    with tempfile.TemporaryDirectory(prefix="gnupg-", dir="/tmp") as home:
        os.environ["GNUPGHOME"] = home
        argv = ["gpg", "--batch", "-q", "--passphrase", "", "--quick-gen-key"]
        subprocess.run([*argv, "Ada <ada@example.org>", "ed25519", "sign"], check=True)
        for name in ("user.email", "user.signingKey"):
            work.git("config", name, "ada@example.org")
        work.git("config", "commit.gpgSign", "true")
        yield
        subprocess.run(["gpgconf", "--kill", "all"], check=False)


def sealed(work: Repo, opened: Open) -> Tip:
    """A trail of two appends, sealed."""
    store = opened(work)
    tip, why = store.seal(damage.two_appends(store), terminal=False)
    assert why == ""
    return tip


def test_a_seal_that_comes_too_late_is_left_out(work: Repo, opened: Open, tmp_path: Path) -> None:
    """What the seal is for is written; that another process wrote more is no error of its own."""
    signing(work, tmp_path)
    store = opened(work)
    tip = damage.two_appends(store)
    append(opened(work), FEATURE, tip, titled("by another"))
    assert store.seal(tip, terminal=False) == (tip, "another process wrote to the trail meanwhile")


@pytest.mark.parametrize("kind", ["ssh", "openpgp"])
def test_a_seal_is_verified_by_git(
    work: Repo, opened: Open, tmp_path: Path, kind: str, world: MakeWorld,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    if kind == "ssh":
        signing(work, tmp_path)
    else:
        request.getfixturevalue("by_gpg")
    tip = sealed(work, opened)
    [loaded] = opened(work).load([tip])
    assert (loaded.damage, loaded.state.clock) == (None, 2)
    [one] = seals(work.discover(), opened(work), [tip])
    assert isinstance(one, Seal)
    assert one.verdict.word == "good"
    assert "ada@example.org" in one.verdict.signer
    # Appends go on behind it, and it stays good.
    receipt = Session(opened(work), world()).execute(FEATURE, RequestSynthesis())
    assert receipt.state.clock == 3
    assert found(work, opened) == []


def test_a_signer_may_have_a_name_of_several_words(
    work: Repo, opened: Open, tmp_path: Path
) -> None:
    key = Path(signing(work, tmp_path))
    tip = sealed(work, opened)
    (tmp_path / "allowed").write_text(f'"ada with a space" {key.with_suffix(".pub").read_text()}')
    [one] = seals(work.discover(), opened(work), [tip])
    assert isinstance(one, Seal)
    assert (one.verdict.word, one.verdict.signer) == ("good", "ada with a space")


def test_a_seal_by_nobody_we_know_and_one_that_does_not_fit(
    work: Repo, opened: Open, tmp_path: Path
) -> None:
    signing(work, tmp_path)
    tip = sealed(work, opened)
    good = work.git("cat-file", "commit", tip.commit).encode() + b"\n"
    moved = good.replace(
        work.git("rev-parse", f"{tip.commit}~1").encode(),
        work.git("rev-parse", f"{tip.commit}~2").encode(),
    )
    forged = point(work, FEATURE, hash_object(work, "commit", moved))
    rules = [x.rule for x in seals(work.discover(), opened(work), [forged])
             if isinstance(x, Finding)]  # fmt: skip
    assert rules == ["seal-bad"]
    (tmp_path / "allowed").write_text("")
    rules = [x.rule for x in seals(work.discover(), opened(work), [tip]) if isinstance(x, Finding)]
    assert rules == ["seal-unknown"]


def test_it_says_why_a_seal_is_not_believed(work: Repo, opened: Open, tmp_path: Path) -> None:
    key = Path(signing(work, tmp_path))
    tip = sealed(work, opened)
    public, allowed = key.with_suffix(".pub").read_text(), tmp_path / "allowed"

    def why() -> str:
        found = [x for x in seals(work.discover(), opened(work), [tip]) if isinstance(x, Finding)]
        assert [x.rule for x in found] == ["seal-unknown"]
        _, _, said = found[0].what.partition("knows here: ")
        assert "\\" not in said  # ssh-keygen ends its lines as for a terminal
        return said

    allowed.write_text(f'ada@example.org valid-before="20200101" {public}')
    assert why().startswith("key has expired: verify time ")
    allowed.write_text(f'ada@example.org namespaces="file" {public}')
    assert why() == 'key is not permitted for use in signature namespace "git"'
    allowed.write_text("")
    assert why() == "no allowed signer has its key"
    allowed.unlink()
    assert why().startswith("Unable to open allowed keys file ")
    allowed.write_text(f"ada@example.org {public}")
    work.git("config", "gpg.ssh.revocationFile", f"{key}.pub")
    assert why() == "it could not be verified; its key may be revoked"
    work.git("config", "--unset", "gpg.ssh.revocationFile")
    work.git("config", "--unset", "gpg.ssh.allowedSignersFile")
    assert why().startswith("gpg.ssh.allowedSignersFile needs to be configured")
    work.git("config", "gpg.ssh.allowedSignersFile", str(allowed))
    work.git("config", "gpg.ssh.program", "nothing-here")
    assert why() == "cannot run nothing-here: No such file or directory"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("[GNUPG:] REVKEYSIG A7D9 Ada\n[GNUPG:] VALIDSIG 6E17", "its key is revoked"),
        ("[GNUPG:] KEYEXPIRED 1\n[GNUPG:] EXPKEYSIG F88F Ada", "its key has expired"),
        ("[GNUPG:] EXPSIG F88F Ada", "the signature has expired"),
        ("[GNUPG:] ERRSIG A7D9 22\n[GNUPG:] NO_PUBKEY A7D9", "key A7D9 is not in the keyring"),
        ("[GNUPG:] NEWSIG", "git does not say why"),
    ],
)
def test_it_says_why_as_gpg_does(said: str, why: str) -> None:
    """By what gpg 2.2 printed for keys in these states."""
    assert reason(said) == why


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "no reason"),
        (b"error: gpg failed to sign the data\nfatal: x", "gpg failed to sign the data"),
        # git shows the line's end, which ssh-keygen has for terminals, as '?'.
        (b'error: Enter passphrase: Load key "k": incorrect passphrase supplied?\n\nfatal: x\n',
         'Load key "k": incorrect passphrase supplied'),
    ],
)  # fmt: skip
def test_why_git_could_not_sign_is_one_line(said: bytes, why: str) -> None:
    assert unsigned(said) == why


def test_an_end_without_a_seal_is_named(work: Repo, opened: Open, tmp_path: Path) -> None:
    signing(work, tmp_path)
    store = opened(work)
    moves = (
        f.Moved(origin="plan", to="implementing"),
        f.Moved(origin="implementing", to="completed"),
    )
    tip = append(store, FEATURE, None, started(), *moves)
    [one] = seals(work.discover(), store, [tip])
    assert isinstance(one, Finding) and one.rule == "unsealed"
    tip, _ = store.seal(tip, terminal=False)
    assert [type(x) for x in seals(work.discover(), store, [tip])] == [Seal]


def test_a_signer_that_asks_is_not_waited_for(
    work: Repo, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from git_oneshot.trail import seals as module

    signing(work, tmp_path)
    store = opened(work)
    tip = damage.two_appends(store)
    program = tmp_path / "signer"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    work.git("config", "gpg.ssh.program", str(program))
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    same, why = store.seal(tip, terminal=False)
    assert (same, why) == (tip, "the signer asks, and there is nobody to answer")
    signer = int((tmp_path / "pid").read_text())
    for _ in range(250):
        if not gone(signer):
            time.sleep(0.02)
    assert gone(signer)
    work.git("config", "gpg.ssh.program", "false")
    assert store.seal(tip, terminal=False)[1] != ""
    assert store.tip(FEATURE) == tip
