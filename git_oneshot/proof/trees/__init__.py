"""What git has of a change: its paths on their sides, and trees that no commit has."""
