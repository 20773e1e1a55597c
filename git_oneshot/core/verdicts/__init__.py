"""From what tests did in two runs to a verdict, and what is said of it."""
