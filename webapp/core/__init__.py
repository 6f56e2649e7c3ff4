"""Pure building blocks of the domain: standard library only."""
