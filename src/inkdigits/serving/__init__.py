"""The service: reading over HTTP. Listens, on loopback unless told otherwise; stores nothing and fetches nothing."""

import os

# From 1.29 on, onnxruntime keeps an identifier on the disk and reports its use to its makers, unless this is set before
# it is imported (its Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
