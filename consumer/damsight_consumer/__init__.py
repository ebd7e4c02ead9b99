"""The consumer: asset events from Kafka become documents with vectors in Elasticsearch."""
