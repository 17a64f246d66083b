"""How weights begin."""

from torch import nn


def init_glorot(network: nn.Module) -> None:
    """Flux's and Keras' beginning for dense layers and convolutions: Glorot-uniform weights, biases 0.

    Weights are uniform in ±√(6 / (inputs + outputs)). Source: Glorot and Bengio, "Understanding the difficulty of
    training deep feedforward neural networks", 2010.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
