"""Simulated people: they browse, click, click twice, come as bots; and the simulator knows what should be counted."""
