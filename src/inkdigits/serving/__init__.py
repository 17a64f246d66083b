"""The service: reading over HTTP. Listens, on loopback unless told otherwise; stores nothing and fetches nothing."""
