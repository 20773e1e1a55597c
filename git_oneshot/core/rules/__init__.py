"""Rules: `.oneshot.toml` read, what is detected without it, and what is in force."""
