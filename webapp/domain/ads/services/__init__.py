"""What may be done with campaigns, ads and creatives."""
