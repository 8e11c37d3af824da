"""May it go, and what came back? Guard, redaction, client, targets, recordings."""
