"""The demo, stage by stage: samples, models, ingest, searches, page."""
