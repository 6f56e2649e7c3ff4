"""Statistics import: an existing ad account's export becomes figures here."""
