"""Surfaces: the HTTP side of Kabinet, each a set of blueprints mounted alone or with others."""
