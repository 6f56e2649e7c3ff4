"""Kabinet: a self-hosted advertiser cabinet."""

__version__ = "0.1.0"
