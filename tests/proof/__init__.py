"""How a change is shown to be proven: trees, slots, processes, runs and verdicts, all real."""
