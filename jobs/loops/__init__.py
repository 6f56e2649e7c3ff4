"""The loops of delivery: relay, consumers, publisher, allocator, ingest, settle, and what is done by the hour."""
