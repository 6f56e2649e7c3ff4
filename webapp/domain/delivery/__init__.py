"""Delivery: what may be shown where, who pays for it, and the log of everything that happened."""
