"""Opening a pull request again and again: one is opened, whatever happened in between."""

import hashlib
from collections.abc import Iterator

import pytest

from git_oneshot.core.errors import Code, OneshotError
from git_oneshot.core.ids import FeatureId
from git_oneshot.core.state import Pull
from git_oneshot.forge.landing import find
from git_oneshot.forge.synthesize import Published, publish
from git_oneshot.session import Session
from git_oneshot.trail.git_store import GitStore
from tests.forge.fakes import FakeForge, an_open_one
from tests.forge.steps import work
from tests.gate.project import FEATURE, MakeProject, Project
from tests.proof.lab import INI
from tests.sandbox import MakeWorld


class Review:
    """A feature in synthesize, and a forge."""

    def __init__(self, project: Project, session: Session) -> None:
        self.project = project
        self.session = session
        self.forge = FakeForge()

    def publish(self) -> Published:
        """What synthesize does when everything is proven and pushed."""
        git = self.project.repo.discover()
        head = self.project.head
        name = FeatureId(FEATURE)
        return publish(git, self.session, self.session, self.forge, name, "", head, "main")

    @property
    def pull(self) -> Pull:
        pull = self.project.loaded().state.pull
        assert pull is not None
        return pull


@pytest.fixture
def reviewing(review: Project, world: MakeWorld) -> Iterator[Review]:
    trails = GitStore(review.repo.discover(), lambda: 0.0)
    yield Review(review, Session(trails, world(real=True)))
    trails.close()


def test_it_is_opened_once_and_then_brought_up_to_date(reviewing: Review) -> None:
    first = reviewing.publish()
    assert first.opened and first.pull.draft
    work(reviewing.project, "second")
    again = reviewing.publish()
    assert not again.opened
    assert (reviewing.pull.number, reviewing.pull.commit) == (7, reviewing.project.head)
    assert len(reviewing.forge.pulls) == 1


def test_one_that_was_opened_before_we_could_say_so_is_found(reviewing: Review) -> None:
    """We were killed between the forge's answer and our event."""
    reviewing.forge = FakeForge(an_open_one())
    assert not reviewing.publish().opened
    assert (reviewing.pull.number, reviewing.pull.commit) == (7, reviewing.project.head)
    assert reviewing.project.types().count("pr.created") == 1


def test_one_that_was_closed_by_hand_is_followed_by_another(reviewing: Review) -> None:
    reviewing.publish()
    reviewing.forge.end(7, "closed")
    assert reviewing.publish().opened
    assert reviewing.pull.number == 8
    assert reviewing.project.types()[-2:] == ["pr.closed", "pr.created"]


def test_one_that_was_merged_by_hand_is_completed_and_not_opened_again(reviewing: Review) -> None:
    reviewing.publish()
    project = reviewing.project
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--squash", "topic-branch")
    project.git("commit", "-q", "--no-verify", "-m", "feat: squashed (#7)")
    reviewing.forge.end(7, "merged", project.head)
    with pytest.raises(OneshotError) as refused:
        reviewing.publish()
    assert refused.value.code is Code.GUARD_FAILED
    assert "git oneshot complete" in refused.value.hint
    state = project.loaded().state
    git = project.repo.discover()
    assert find(git, state, "") is None  # git alone can't know
    landing = find(git, state, "", forge=reviewing.forge)
    assert landing is not None
    assert (landing.commit, landing.how, landing.drift) == (project.head, "squash", False)
    reviewing.forge.end(7, "merged", "c" * 40)
    assert find(git, state, "", forge=reviewing.forge) is None  # it is not in the base


@pytest.mark.parametrize("step", ["find_by_branch", "open_draft", "look", "update"])
def test_a_forge_that_fails_leaves_it_one_step_further_and_a_retry_goes_on(
    reviewing: Review, step: str
) -> None:
    if step in ("look", "update"):
        reviewing.publish()
    if step == "update":
        work(reviewing.project, "second")
        reviewing.project.do("plan", "--goal", "say it otherwise", "--draft")
    before = reviewing.project.types()
    reviewing.forge.broken.add(step)
    with pytest.raises(OneshotError) as refused:
        reviewing.publish()
    assert refused.value.code is Code.FORGE_UNAVAILABLE
    assert reviewing.project.types() == before
    reviewing.forge.broken.clear()
    reviewing.publish()
    assert len(reviewing.forge.pulls) == 1


def test_what_people_wrote_there_stays(reviewing: Review) -> None:
    reviewing.publish()
    pull = reviewing.forge.pulls[7]
    reviewing.forge.pulls[7] = pull._replace(
        title="fix: as people call it", body=f"See the video.\r\n{pull.body}"
    )
    reviewing.project.do("plan", "--goal", "say it otherwise", "--draft")
    reviewing.publish()
    there = reviewing.forge.pulls[7]
    assert there.title == "fix: as people call it"
    assert there.body.startswith("See the video.")
    assert "say it otherwise" in there.body


def test_what_a_plan_says_makes_the_forge_do_nothing(reviewing: Review) -> None:
    hostile = "@all closes #1\n/close\n<img src=x>\n[skip ci] ![x](http://x/y.png)"
    reviewing.project.do("plan", "--goal", hostile, "--draft")
    there = reviewing.publish().pull
    assert len(there.title) <= 72 and "\n" not in there.title
    for words in ("@all", "#1", "<img", "[skip ci]", "\n/close", "![x]("):
        assert words not in there.title + there.body, words


@pytest.mark.long
def test_a_removal_takes_its_tests_along_to_its_pull_request_and_its_merge(
    make: MakeProject,
) -> None:
    test = "import calc\n\n\ndef test_x():\n    assert calc.X\n"
    old = "\n\ndef test_old():\n    assert calc.old()\n"
    code = "X = 1\n"
    project = make(
        files={
            "pytest.ini": INI,
            "calc.py": f"{code}\n\ndef old():\n    return 1\n",
            "test_calc.py": test + old,
        }
    )
    project.git("switch", "-q", "-c", "topic")
    project.begin("topic", "--policy", "always", "--base", "main")
    project.repo.write("calc.py", code)
    project.repo.write("test_calc.py", test)
    project.git("commit", "-qam", "calc: nobody needs old", "--no-verify")
    assert project.do("finalize", "--json").data["phase"] == "synthesize"
    project.do("synthesize", "--ready")
    project.git("switch", "-q", "main")
    project.repo.commit("elsewhere", {"README": "read this\n"})
    project.git("switch", "-q", "topic")
    project.do("pr", "merge", "--squash", "--yes")
    assert project.loaded("topic").state.phase == "completed"


def test_what_synthesize_judged_has_the_digest_of_its_log(review: Project) -> None:
    """As what finalize judged has: a commit made after it is first judged here."""
    review.repo.write("checks/loud", "echo said aloud; grep -qx loud lib/loud\n")
    review.repo.write("lib/loud", "loud\n")
    review.git("add", "--all")
    review.git("commit", "-q", "--no-verify", "-m", "feat: loud")
    review.do("synthesize")
    events = review.do("log", "--json").data["events"]
    last = [event for event in events if event["type"] == "proof.recorded"][-1]
    text = review.do("show", str(last["clock"]), "--json").data["log"]["text"]
    assert "-- all, with the change\nsaid aloud\n" in text
    assert hashlib.sha256(text.encode()).hexdigest() == last["data"]["log"]
