"""Which words do the rooms share? Frozen values; the standard library only."""
