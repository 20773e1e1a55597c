"""Each class of change, and what it takes to show it."""
