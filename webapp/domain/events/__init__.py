"""Domain events: written with the deed, told to others after it."""
