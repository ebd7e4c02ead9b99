"""Hybrid keyword and kNN search under the host's permissions: the service, its HTTP API and its page."""
