"""The network's session in the tab, in place of inkdigits/reading/networks/session.py.

onnxruntime-web answers later, and Python's classifier wants its answer at once; so the network is asked beforehand, and
here its answer waits.
"""

from numpy import float32, wrap

DEFAULT_THREADS = 1


class _WeightsFolder:
    """Where the packaged networks would be: a name in it is that name."""

    def __truediv__(self, name):
        return name


WEIGHTS_FOLDER = _WeightsFolder()


class OnnxModel:
    """The network's card, given in place of a path, and what the network has answered."""

    answer = None  # the outputs, tensors of onnxruntime-web, by name

    def __init__(self, path, required_output, threads):
        self.card, self.name, self.outputs = path, path["name"], ("logits", "digitness", "embedding")

    def get_card_value(self, *keys):
        """The card's value under these keys, one inside the other."""
        value = self.card
        for key in keys:
            value = value[key]
        return value

    def get_card_number(self, *keys):
        """As `get_card_value`, as a number."""
        return float(self.get_card_value(*keys))

    def run(self, output_names, images):
        """The answer, which is that for these images."""
        outputs = ((name, getattr(self.answer, name)) for name in output_names)
        return {name: wrap(output.data, output.dims, float32) for name, output in outputs}
