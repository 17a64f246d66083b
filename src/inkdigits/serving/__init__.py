"""The service: reading over HTTP. Listens, on loopback unless told otherwise; stores only what it is asked to keep, and
fetches nothing."""
