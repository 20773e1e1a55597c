"""Opening a pull request again and again: one is opened, whatever happened in between."""

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
from tests.forge.test_local import begin, work
from tests.gate.project import FEATURE, Project
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
        return publish(git, self.session, self.session, self.forge, name, "", head)

    @property
    def pull(self) -> Pull:
        pull = self.project.loaded().state.pull
        assert pull is not None
        return pull


@pytest.fixture
def review(project: Project, world: MakeWorld) -> Iterator[Review]:
    begin(project).do("finalize")
    store = GitStore(project.repo.discover(), lambda: 0.0)
    yield Review(project, Session(store, world(real=True)))
    store.close()


def test_it_is_opened_once_and_then_brought_up_to_date(review: Review) -> None:
    first = review.publish()
    assert first.opened and first.pull.draft
    work(review.project, "second")
    again = review.publish()
    assert not again.opened
    assert (review.pull.number, review.pull.commit) == (7, review.project.head)
    assert len(review.forge.pulls) == 1


def test_one_that_was_opened_before_we_could_say_so_is_found(review: Review) -> None:
    """We were killed between the forge's answer and our event."""
    review.forge = FakeForge(an_open_one())
    assert not review.publish().opened
    assert (review.pull.number, review.pull.commit) == (7, review.project.head)
    assert review.project.types().count("pr.created") == 1


def test_one_that_was_closed_by_hand_is_followed_by_another(review: Review) -> None:
    review.publish()
    review.forge.end(7, "closed")
    assert review.publish().opened
    assert review.pull.number == 8
    assert review.project.types()[-2:] == ["pr.closed", "pr.created"]


def test_one_that_was_merged_by_hand_is_completed_and_not_opened_again(review: Review) -> None:
    review.publish()
    project = review.project
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--squash", "topic-branch")
    project.git("commit", "-q", "--no-verify", "-m", "feat: squashed (#7)")
    review.forge.end(7, "merged", project.head)
    with pytest.raises(OneshotError) as refused:
        review.publish()
    assert refused.value.code is Code.GUARD_FAILED
    assert "git oneshot complete" in refused.value.hint
    state = project.loaded().state
    git = project.repo.discover()
    assert find(git, state, "") is None  # git alone can't know
    landing = find(git, state, "", forge=review.forge)
    assert landing is not None
    assert (landing.commit, landing.how, landing.drift) == (project.head, "squash", False)
    review.forge.end(7, "merged", "c" * 40)
    assert find(git, state, "", forge=review.forge) is None  # it is not in the base


@pytest.mark.parametrize("step", ["find_by_branch", "open_draft", "look", "update"])
def test_a_forge_that_fails_leaves_it_one_step_further_and_a_retry_goes_on(
    review: Review, step: str
) -> None:
    if step in ("look", "update"):
        review.publish()
    if step == "update":
        work(review.project, "second")
        review.project.do("plan", "--goal", "say it otherwise", "--draft")
    before = review.project.types()
    review.forge.broken.add(step)
    with pytest.raises(OneshotError) as refused:
        review.publish()
    assert refused.value.code is Code.FORGE_UNAVAILABLE
    assert review.project.types() == before
    review.forge.broken.clear()
    review.publish()
    assert len(review.forge.pulls) == 1


def test_what_people_wrote_there_stays(review: Review) -> None:
    review.publish()
    pull = review.forge.pulls[7]
    review.forge.pulls[7] = pull._replace(
        title="fix: as people call it", body=f"See the video.\r\n{pull.body}"
    )
    review.project.do("plan", "--goal", "say it otherwise", "--draft")
    review.publish()
    there = review.forge.pulls[7]
    assert there.title == "fix: as people call it"
    assert there.body.startswith("See the video.")
    assert "say it otherwise" in there.body


def test_what_a_plan_says_makes_the_forge_do_nothing(review: Review) -> None:
    hostile = "@all closes #1\n/close\n<img src=x>\n[skip ci] ![x](http://x/y.png)"
    review.project.do("plan", "--goal", hostile, "--draft")
    there = review.publish().pull
    assert len(there.title) <= 72 and "\n" not in there.title
    for words in ("@all", "#1", "<img", "[skip ci]", "\n/close", "![x]("):
        assert words not in there.title + there.body, words
