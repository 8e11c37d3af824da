"""The verdicts told: to a terminal, and as data. Knows only ``contract``; what it is given is already redacted."""
