"""The verdicts told: to a terminal, and as data. What it is given is already redacted."""
