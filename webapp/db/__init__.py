"""The system of record: base classes, engines and the one place that commits."""
