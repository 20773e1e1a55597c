"""Running a project's tests: where, in what, as which processes, and what is remembered of it."""
