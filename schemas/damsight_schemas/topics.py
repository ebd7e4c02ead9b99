"""The names of the Kafka topics. The key of every record is the asset's id."""

ASSETS = "dam.assets.v1"
BACKFILL = "dam.assets.backfill.v1"
RETRY = ("dam.assets.retry.1m.v1", "dam.assets.retry.5m.v1", "dam.assets.retry.30m.v1")
RETRY_DELAYS_S = (60.0, 300.0, 1800.0)
DEAD_LETTERS = "dam.assets.dead-letters.v1"
ALERTS = "dam.alerts.v1"
EVERY = (ASSETS, BACKFILL, *RETRY, DEAD_LETTERS, ALERTS)
