"""What fuzzing found once is tried with every run of the tests."""

from tests.fuzz.keep import LARGEST
from tests.fuzz.trails import CORPUS, feed, seeds


def test_the_corpus_ends_in_values() -> None:
    """`make fuzz` makes it; what an input may end in is said in ``feed``."""
    kept = [file.read_bytes() for file in CORPUS.iterdir()]
    assert len(kept) > 10
    assert sum(map(len, kept)) <= LARGEST
    for data in [*kept, *seeds()]:
        feed(data)
