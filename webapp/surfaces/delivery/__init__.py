"""The delivery surface: a lean WSGI application of its own, because it answers more than all the others together."""
