"""git oneshot: one small change, from intention to landed commit, with a proof."""

__version__ = "0.1.0"
