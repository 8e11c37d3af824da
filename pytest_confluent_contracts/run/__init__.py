"""What is the evidence? The order of a run, what is sent, and what is put back."""
