"""How weights begin."""

from torch import nn


def glorot(network: nn.Module) -> None:
    """Flux's beginning for `Dense`: Glorot-uniform weights, biases 0.

    Weights are uniform in ±√(6 / (inputs + outputs)). Source: Glorot and Bengio, "Understanding the difficulty of
    training deep feedforward neural networks", 2010.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
