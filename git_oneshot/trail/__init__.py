"""Where facts are kept: the format of a trail, version 1.

The same text, for people, is ``man/gitoneshot-trail.5``.

A trail is the history of ``refs/oneshot/<feature>``. A fetch brings what a
remote has to ``refs/oneshot-remote/<remote>/<feature>``.

root
    Derived from the feature's id alone: empty tree, no parent, author and
    committer ``git oneshot <git-oneshot@localhost>`` at time 0 +0000, message
    ``oneshot <feature>``. Two clones that begin one id share it.

append
    One commit, one parent, one or more events.

    * message: a line for people, an empty line, then one JSON line per event
      (``core/codec``).
    * author and committer: who did it; UTC.
    * tree: a git notes tree, one fan-out level always: ``ab/cdef...`` holds
      one line for each thing the trail says of commit ``abcdef...``, each
      beginning with its event's clock, ten digits. It is a view: a replay
      never reads it.
    * payloads over 4 KiB are blobs ``payload/<event id>`` in that commit's tree
      only; the event holds the SHA-256 of the content.

merge
    Two parents, sorted; no event, no payload. Derived: the same identity as the
    root, time the later of the parents', +0000, message ``oneshot <feature>:
    merge at clock <n>`` (the greatest clock behind it), tree the union of the
    parents' notes, line by line, byte-sorted.

seal
    A signed commit, one parent, no event, message ``oneshot <feature>: seal``.

order
    By ``clock``: the first event of a commit has 1 + the greatest clock behind
    it, the others follow one by one. Of equal clocks, by ``id``. An
    event is judged in the state of its own ancestors (``core/history``).

bounds
    The derived root, derived merges, exact clocks, at most 10,000 events and
    16 MiB a commit, 256 MiB a trail, 256 KiB an event. A trail that breaks them is quarantined:
    it is named, and readable as far as it is sound.

version history
    1  first version.
"""
