"""How a change is shown to be proven: the only folder that runs a project's tests."""
