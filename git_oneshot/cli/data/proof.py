"""What the commands answer that prove, and what is kept of proofs."""

from git_oneshot.cli.data import Data
from git_oneshot.cli.data.parts import Judgement, ProofData, ShardData


class Going(Data, frozen=True, kw_only=True):
    """The proof that goes on in the background: of a commit's tree, or of the suite on it.

    ``elsewhere``: the working tree that it is of, where that is another.
    """

    pid: int
    seconds: float
    tree: str
    suite: bool
    elsewhere: str | None


class Proved(Data, frozen=True, kw_only=True):
    """prove. Of --stop: no feature, and whether there was a proof to be ended.

    ``dropped``: how many waited for their turn; ``left``: the working trees whose proofs go on.
    """

    feature: str | None
    commits: list[Judgement]
    suite: ProofData | None
    stopped: bool
    dropped: int
    left: list[str]


class Cached(Data, frozen=True, kw_only=True):
    """cache: what there is, or was when it was cleared; ``bytes`` of at most ``limit``."""

    runs: int
    verdicts: int
    bytes: int
    limit: int
    cleared: bool


class Verified(Data, frozen=True, kw_only=True):
    """verify. The suite is run when every commit is PASS, and of shards by the last."""

    commits: list[Judgement]
    suite: ProofData | None
    shard: ShardData | None
