"""The networks, one a file, each an `nn.Sequential` of named layers; every one takes float32 N×1×28×28 in 0..1."""
