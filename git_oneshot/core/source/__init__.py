"""Sources as their languages have them: the tests inside, names, assertions, comments."""
