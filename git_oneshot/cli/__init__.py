"""What a person types: the only folder that reads argv, environment, clock and terminal."""
