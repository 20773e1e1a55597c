"""Commits made anew on a base that has moved on: what each of them keeps, and what is refused."""

import pytest

from git_oneshot.core.errors import OneshotError
from git_oneshot.forge.replaying import replay
from git_oneshot.git import Git
from tests.sandbox import MakeRepo, Repo


@pytest.fixture
def work(repo: MakeRepo) -> Repo:
    """A base that has gone on since ``topic`` left it."""
    made = repo()
    made.commit("base", {"a": "1\n2\n3\n4\n5\n", "b": "b\n"})
    made.git("branch", "topic")
    made.commit("on", {"a": "one\n2\n3\n4\n5\n", "c": "c\n"})
    made.git("switch", "-q", "topic")
    return made


def again(work: Repo) -> tuple[tuple[str, str], ...]:
    """The commits of topic on main."""
    git: Git = work.discover()
    old = git.lines("rev-list", "--reverse", "--topo-order", "main..topic")
    return replay(git, old, git.text("rev-parse", "main"), "main")


def test_each_commit_keeps_its_author_its_words_and_its_change(work: Repo) -> None:
    work.write("a", "1\n2\n3\n4\nfive\n")
    work.git("commit", "-qam", "feat: five\n\nSaid at length.\n\nReviewed-by: me",
             "--author", "Ève <eve@example.org>", "--date", "2001-02-03T04:05:06+0700")  # fmt: skip
    work.commit("feat: d", {"d": "d\n"})
    before = work.git("status", "--porcelain"), work.git("for-each-ref")
    (one, first), (two, second) = again(work)
    form = "--format=%an %ae %aI %B"
    for old, new in ((one, first), (two, second)):
        assert work.git("log", "-1", form, new) == work.git("log", "-1", form, old)
    assert work.git("rev-parse", f"{second}^", f"{first}^").split() == [
        first, work.git("rev-parse", "main"),
    ]  # fmt: skip
    assert work.git("show", f"{second}:a") == "one\n2\n3\n4\nfive"
    assert work.git("ls-tree", "--name-only", second).split() == ["a", "b", "c", "d"]
    work.git("fsck", "--strict", "--no-dangling")
    assert before == (work.git("status", "--porcelain"), work.git("for-each-ref"))


def test_a_commit_that_the_base_has_already_is_left_out(work: Repo) -> None:
    work.commit("the same", {"c": "c\n"})
    own = work.commit("own", {"d": "d\n"})
    assert [old for old, _ in again(work)] == [own]


def test_a_commit_in_another_encoding_stays_in_it(work: Repo) -> None:
    work.git("config", "i18n.commitEncoding", "ISO-8859-1")
    work.git("commit", "-q", "--allow-empty", "-m", "x")
    work.write("e", "e\n")
    work.git("add", "e")
    work.git("commit", "-qm", "plain words")
    [(_, new)] = again(work)
    assert "encoding ISO-8859-1" in work.git("cat-file", "commit", new)


def test_a_merge_is_not_made_anew(work: Repo) -> None:
    work.commit("own", {"d": "d\n"})
    work.git("merge", "-q", "--no-edit", "main")
    with pytest.raises(OneshotError, match="is a merge, which no rebase makes anew"):
        again(work)


def test_two_changes_of_a_line_are_a_conflict(work: Repo) -> None:
    work.commit("fine", {"d": "d\n"})
    bad = work.commit("uno", {"a": "uno\n2\n3\n4\n5\n"})
    with pytest.raises(OneshotError, match=f"^{bad[:9]} and 'main' have conflicts"):
        again(work)
