"""The demo account: one outdoor shop whose figures agree on every page, and what stands around it."""
