"""What would a conforming service answer, and how can one be broken? The embedded service."""
