"""export and import: the same trail somewhere else, and reports that no trail can bend."""

import hashlib
import json
import os

import pytest

from git_oneshot.core.markdown import GAP
from git_oneshot.trail import carrying, reading, source
from git_oneshot.trail.objects import FOLDER, Objects, tree_of
from tests.gate.project import FEATURE, MakeProject, Project
from tests.trail.crafted import hash_object

REF = f"refs/oneshot/{FEATURE}"
NASTY = "<script>alert(1)</script> | @all \x1b[31m \u202e closes #1 ![x](http://e)"


@pytest.mark.parametrize("how", ["", "--object-format=sha256"])
def test_jsonl_goes_back_byte_for_byte(make: MakeProject, how: str) -> None:
    options = [how] if how else []
    one, two = make("one", *options), make("two", *options)
    one.begin()
    one.do("plan", FEATURE, "-m", "a long plan\n" + "x" * 5000)
    one.do("request-synthesize", FEATURE, "--reason", "\U000e0001 \u202e")
    one.land("one", "--no-verify")
    one.do("finalize")
    text = one.do("export", FEATURE).out
    assert [json.loads(line)["type"] for line in text.splitlines()[1:]].count("commit") >= 4
    done = two.do("import", "--json", stdin=text.encode())
    assert done.data["feature"] == FEATURE
    assert two.git("rev-parse", REF) == one.git("rev-parse", REF)
    assert two.do("export", FEATURE).out == text
    assert two.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""
    assert two.do("fsck").out == "1 trail checked\n"


def test_what_is_here_already_is_not_taken_in_again(make: MakeProject) -> None:
    one, two = make("one"), make("two")
    one.begin()
    text = one.do("export", FEATURE).out.encode()
    assert two.do("import", stdin=text).out == "'topic': 3 events taken in\n"
    assert two.do("import", stdin=text).out == "'topic': all 3 events are here already\n"
    two.do("request-synthesize", FEATURE)
    one.do("checkpoint", "--summary", "half")
    more = one.do("export", FEATURE).out.encode()
    assert two.do("import", stdin=more).out == "'topic': 2 events taken in\n"
    again = two.do("import", "--json", stdin=more).data
    assert (len(again["events"]), again["new"]) == (5, 0)


def test_what_is_taken_in_joins_what_is_there(make: MakeProject) -> None:
    one, two = make("one"), make("two")
    one.begin()
    two.do("import", stdin=one.do("export", FEATURE).out.encode())
    one.do("request-synthesize", FEATURE)
    two.do("cancel", FEATURE)
    two.do("import", stdin=one.do("export", FEATURE).out.encode())
    data = two.do("status", FEATURE, "--json").data
    assert (data["phase"], data["requested"]) == ("cancelled", True)


HEAD = '{"format":"oneshot-trail","v":%d,"feature":"f","objectFormat":"sha1","tip":"%s"}\n'


@pytest.mark.parametrize(
    "line", ["", "[]\n", HEAD % (2, "0" * 40), HEAD % (1, "--all"), HEAD % (1, "0\n"), "\udcff\n"]
)
def test_what_is_no_trail_is_refused(feature: Project, line: str) -> None:
    stdin = line.encode(errors="surrogateescape")
    assert feature.cli("import", "--json", stdin=stdin).error == "INVALID_INPUT"


def test_a_line_that_does_not_end_is_refused(
    feature: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it has taken all memory."""
    monkeypatch.setattr(carrying, "MAX_LINE", 4_096)
    done = feature.cli("import", "--json", stdin=b"0" * 4_097)
    assert done.error == "INVALID_INPUT"
    assert done.json["error"]["message"] == "line 1 is longer than any line of a trail"


def test_an_object_that_is_not_what_its_id_says_is_refused(feature: Project) -> None:
    feature.do("plan", "--goal", "true words")
    text = feature.do("export").out
    feature.git("update-ref", "-d", REF)
    done = feature.cli("import", "--json", stdin=text.replace("true words", "lies").encode())
    assert done.error == "INVALID_INPUT"
    assert "is not what its id says" in done.json["error"]["message"]
    assert feature.git("for-each-ref", "refs/oneshot") == ""


@pytest.mark.parametrize("kind", ["markdown", "html"])
def test_a_report_shows_everything_and_does_nothing(feature: Project, kind: str) -> None:
    feature.do("plan", "--goal", NASTY)
    one = feature.land("one", "--no-verify")
    feature.do("finalize")
    out = feature.do("export", FEATURE, "--format", kind, "--json").data["content"]
    assert one in out
    assert "PASS behaviour" in out
    for bad in ("<script>", "\x1b", "\u202e", "@all", "![x]"):
        assert bad not in out or (kind == "html" and bad in ("@all", "![x]"))
    if kind == "html":
        assert "default-src 'none'" in out


def test_a_report_is_read_by_people_also_as_it_is(feature: Project) -> None:
    """In an editor, or in a mail: what means nothing to a forge is not escaped."""
    feature.do("plan", "--goal", "fix_it: a-b (c.d) for @ada")
    one = feature.land("one", "--no-verify")
    feature.do("finalize")
    report = feature.do("export", "--format", "markdown").out
    assert f"- goal: fix_it: a-b (c.d) for @{GAP}ada\n" in report
    assert f"| {one} | one | PASS behaviour, " in report
    assert f"| {one[:9]} | all |" in report
    assert "void" not in report  # a column with nothing in it
    assert "\\u200b" not in report
    page = feature.do("export", "--format", "html").out
    assert '<td data-of="claimed" class="PASS">PASS behaviour, ' in page


def test_a_report_shows_what_was_planned_and_fits_a_telephone(feature: Project) -> None:
    feature.do("plan", "--goal", "g", "--file", "lib/one", "--file", "lib/two", "--test", "<one>")
    report = feature.do("export", "--format", "markdown").out
    assert "- planned files: lib/one, lib/two\n- planned tests: &lt;one>\n" in report
    page = feature.do("export", "--format", "html").out
    assert "<td>lib/one, lib/two</td>" in page
    assert '<meta name="viewport" content="width=device-width">' in page
    assert '<td data-of="what">state.patched</td>' in page


@pytest.mark.parametrize("more", ["", "z" * 5000])
def test_a_report_has_the_whole_text_of_a_plan(feature: Project, more: str) -> None:
    """Also one that is kept beside its event; on what is one line, nothing more is to be said."""
    assert "## Plan" not in feature.do("export", "--format", "markdown").out
    feature.do("plan", "-m", f"do it\n\n- first ``` @all\n</pre><b>\x1b[31m{more}\nthe end")
    report = feature.do("export", "--format", "markdown").out
    assert "- goal: do it\n" in report
    assert "\n\n## Plan\n\n````text\ndo it\n\n- first ``` @all\n" in report
    assert f"\\x1b[31m{more}\nthe end\n````\n\n## Events" in report
    page = feature.do("export", "--format", "html").out
    assert "<h2>Plan</h2><pre>do it\n\n- first ``` @all\n&lt;/pre&gt;&lt;b&gt;\\x1b[31m" in page
    assert f"{more}\nthe end</pre>" in page
    if more:
        blob = feature.git("rev-parse", f"{REF}:payload").split()[0]
        [row] = feature.git("ls-tree", blob).splitlines()
        name = row.split()[2]
        (feature.path / ".git/objects" / name[:2] / name[2:]).unlink()
        done = feature.do("export", "--format", "html")
        assert "<h2>Plan</h2>" not in done.out
        assert done.err == (
            "warning: the text of the plan is not here, and is left out\nhint: git oneshot fsck\n"
        )


def test_an_object_that_is_none_is_refused(feature: Project, make: MakeProject) -> None:
    """Its id may be right: git would find it in the next fsck."""
    two = make("two")
    head = feature.do("export", FEATURE).out.splitlines()[0]
    content = "no header at all"
    oid = hashlib.sha1(f"commit {len(content)}\0{content}".encode()).hexdigest()
    bogus = json.dumps({"id": oid, "type": "commit", "text": content})
    done = two.cli("import", "--json", stdin=f"{head}\n{bogus}\n".encode())
    assert (done.code, done.json["error"]["message"]) == (2, "line 2 is no commit")
    assert two.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""


def test_an_object_that_leads_to_nothing_is_refused(feature: Project, make: MakeProject) -> None:
    lines = feature.do("export", FEATURE).out.splitlines(keepends=True)
    two = make("two")
    for lost in range(2, len(lines) - 1):  # the empty tree, before these, git has by heart
        text = "".join(lines[:lost] + lines[lost + 1 :])
        done = two.cli("import", "--json", stdin=text.encode())
        assert (done.code, done.error) == (2, "INVALID_INPUT")
        assert "git does not take these objects: " in done.json["error"]["message"]
    assert two.git("for-each-ref", "refs/oneshot") == ""
    assert list((two.path / ".git" / "objects" / "pack").glob("*.keep")) == []


def test_a_trail_is_taken_in_by_few_processes(
    feature: Project, make: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one for each object: a trail of 10,000 events has 20,000."""
    text = feature.do("export", FEATURE).out
    two = make("two")
    log = two.path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(log))
    two.do("import", stdin=text.encode())
    ran = [line for line in log.read_text().splitlines() if "trace: built-in: git" in line]
    assert sum("index-pack" in line for line in ran) == 1
    assert not any("hash-object" in line for line in ran)


def test_a_tree_that_is_deep_is_carried(feature: Project, make: MakeProject) -> None:
    """Deeper than a function may call itself, on a trail that someone made."""
    tip = feature.git("rev-parse", REF)
    git = feature.repo.discover()
    objects = Objects(os.path.join(git.common_dir, "objects"), git.object_format)
    oid = objects.add(tree_of({}))
    for _ in range(1_500):
        oid = objects.add(tree_of({b"d": (FOLDER, oid)}))
    raw = feature.git("cat-file", "commit", tip).replace(
        feature.git("rev-parse", f"{REF}^{{tree}}"), oid.decode()
    )
    deep = hash_object(feature.repo, "commit", raw.encode() + b"\n")
    feature.git("update-ref", REF, deep)
    text = feature.do("export", FEATURE).out
    assert len(text.splitlines()) > 1_500


def test_what_cannot_be_carried_is_no_export(feature: Project) -> None:
    """On a trail that someone made: a file without one of its objects, nobody can take in."""
    big = feature.path.parent / "big"
    with open(big, "wb") as file:
        file.truncate(reading.MAX_COMMIT + 1)
    blob = feature.git("hash-object", "-w", str(big))
    tree = feature.repo.git("mktree", stdin=f"100644 blob {blob}\tbig\n")
    old = feature.git("rev-parse", f"{REF}^{{tree}}")
    raw = feature.git("cat-file", "commit", REF).replace(old, tree)
    feature.git("update-ref", REF, hash_object(feature.repo, "commit", raw.encode() + b"\n"))
    done = feature.cli("export", FEATURE)
    assert (done.code, done.out) == (4, "")
    assert done.err == (
        f"error: blob '{blob[:12]}' of the trail is longer than an object of one may be\n"
        "hint: a report leaves it out: git oneshot export --format markdown topic\n"
    )
    assert feature.cli("export", FEATURE, "--json").error == "TRAIL_DAMAGED"
    assert feature.do("export", FEATURE, "--format", "markdown").out


def on_top(project: Project, how: str) -> None:
    """Put on our trail what cannot be read there: a newer program's event, or no trail at all."""
    if how == "none":
        other = project.git("commit-tree", "-m", "x", project.git("rev-parse", f"{REF}^{{tree}}"))
    else:
        raw = project.git("cat-file", "commit", REF)
        head, _, last = raw.rpartition("\n")
        event = json.loads(last)
        event = {**event, "v": 2 if how == "newer" else 1, "clock": event["clock"] + 1,
                 "id": "0" * len(event["id"])}  # fmt: skip
        if how == "said":
            event["clock"] += 7
        line = json.dumps(event, sort_keys=True, separators=(",", ":"))
        tip = project.git("rev-parse", REF)
        head = "\n".join(f"parent {tip}" if one.startswith("parent ") else one
                         for one in head.split("\n"))  # fmt: skip
        other = hash_object(project.repo, "commit", f"{head}\n{line}\n".encode())
    project.git("update-ref", REF, other)


@pytest.mark.parametrize("how", ["newer", "said", "none"])
def test_nothing_is_taken_in_where_ours_cannot_be_read(
    feature: Project, make: MakeProject, how: str
) -> None:
    """It would come behind what nobody believes, or take the place of what is sound there."""
    two = make("two")
    old = feature.do("export").out.encode()
    two.do("import", stdin=old)
    two.do("plan", FEATURE, "--goal", "another")
    files = [old, two.do("export", FEATURE).out.encode()]
    feature.do("request-synthesize", "--reason", "unpushed")
    on_top(feature, how)
    why = feature.cli("log", FEATURE)
    before = feature.git("rev-parse", REF)
    for file in files:
        done = feature.cli("import", stdin=file)
        assert (done.code, done.out) == (4, "")
        assert why.err.endswith(done.err)
        assert done.err.count("\n") == 2  # and what helps
        assert feature.git("rev-parse", REF) == before


def test_a_file_that_is_no_sound_trail_says_nothing_about_ours(
    feature: Project, make: MakeProject
) -> None:
    """Which is sound, and must not be taken away on a hint."""
    feature.git("switch", "-q", "-c", "elsewhere")
    feature.do("init", "other", "--policy", "never")
    before = feature.git("for-each-ref", "refs/oneshot")
    lines = feature.do("export", FEATURE).out.splitlines()
    lines[0] = json.dumps({**json.loads(lines[0]), "feature": "other"})
    done = feature.cli("import", stdin="\n".join(lines).encode())
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: the file holds no trail of 'other': it does not begin as one\n"
        "hint: git oneshot export makes one\n"
    )
    assert feature.git("for-each-ref", "refs/oneshot") == before
    on_top(feature, "said")
    unsound = exported(feature)
    feature.git("update-ref", REF, f"{REF}^")
    for project in (feature, make("two")):
        done = project.cli("import", stdin=unsound)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"error: the file holds no sound trail of '{FEATURE}': ")
        assert done.err.endswith("\nhint: git oneshot export makes one\n")
    assert feature.git("for-each-ref", "refs/oneshot") == before


def exported(project: Project) -> bytes:
    """The lines of a trail that is not sound at its end, which nobody exports."""
    tip = project.git("rev-parse", REF)
    project.git("update-ref", REF, f"{tip}^")
    head, *lines = project.do("export", FEATURE).out.splitlines()
    project.git("update-ref", REF, tip)
    text = project.git("cat-file", "commit", tip) + "\n"
    last = json.dumps({"id": tip, "type": "commit", "text": text})
    return "\n".join([json.dumps({**json.loads(head), "tip": tip}), *lines, last]).encode()


def test_a_file_that_a_newer_program_wrote_says_so(feature: Project, make: MakeProject) -> None:
    on_top(feature, "newer")
    done = make("two").cli("import", stdin=exported(feature))
    assert (done.code, done.out) == (4, "")
    assert feature.cli("log", FEATURE).err.endswith(done.err)
    assert "\nhint: upgrade it" in done.err


def test_a_file_that_is_cut_is_said_to_be(feature: Project, make: MakeProject) -> None:
    """By a line, or in the middle of one; a fetch brings nothing of it."""
    two = make("two")
    lines = feature.do("export", FEATURE).out.splitlines(keepends=True)
    for left in (1, len(lines) - 2):
        done = two.cli("import", stdin="".join(lines[:left]).encode())
        assert (done.code, done.err) == (2, (
            "error: the file is cut: the last commit of the trail of 'topic' is not in it\n"
            "hint: export it again: git oneshot export topic\n"
        ))  # fmt: skip
    done = two.cli("import", stdin="".join(lines)[:-9].encode())
    assert f"error: line {len(lines)} is no object, or is cut\n" in done.err
    assert two.git("for-each-ref", "refs/oneshot") == ""


def test_a_trail_that_is_too_big_is_said_to_be(
    feature: Project, make: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = feature.do("export", FEATURE).out.encode()
    two = make("two")
    monkeypatch.setattr(source, "MAX_TRAIL", 100)
    done = two.cli("import", stdin=text)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: the file holds more than a trail may, which is 256 MiB\n")
    assert "refetch" not in done.err


def test_blank_lines_at_the_end_are_no_objects(feature: Project, make: MakeProject) -> None:
    text = feature.do("export", FEATURE).out
    two = make("two")
    assert two.do("import", stdin=f"{text}\n\r\n".encode()).out == "'topic': 3 events taken in\n"
    assert two.do("export", FEATURE).out == text
