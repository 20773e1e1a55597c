"""Who reviews it: pull requests, behind one port, on a forge or in the repository itself."""
