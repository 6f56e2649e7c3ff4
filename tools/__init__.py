"""What make runs: plain scripts on the standard library."""
