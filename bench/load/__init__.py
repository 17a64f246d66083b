"""Load on a running service: a constant rate, hostile requests, and the service itself."""
