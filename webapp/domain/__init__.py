"""The rules of Kabinet: no Flask, no HTTP, no drivers."""
