"""The contract: events, documents, the index body, spaces, search requests and responses. No vendor, no I/O."""
