"""Recipes of other people, written from their published settings, to be run beside ours.

- `train_pytorch_example`: the MNIST example of PyTorch: convolutions 32 and 64 of 3×3, max pooling, 128 units, dropout
  .25 and .5, Adadelta at 1.0 with γ .7 an epoch, batches of 64, 14 epochs, pixels standardised.
- `train_one_epoch`: the one-epoch speed recipe: convolutions 24 of 5×5 and 32 of 3×3, 2×2 max pooling before each relu,
  256 units, Adam at .01 with β (.7, .9) on a one-cycle schedule, batches of 256, 1 epoch.
- `train_keras_convnet`: Keras' simple convnet for MNIST: convolutions 32 and 64 of 3×3, each with max pooling, dropout
  .5, Adam at .001, batches of 128, 15 epochs on all but the last tenth, which Keras holds back.
- `train_lenet`: LeNet-5 as in the Flux model zoo: Adam at .0003 after a weight decay of .01, batches of 128, 10 epochs.

Each takes float32 N×1×28×28 in 0..1 and gives a network in eval mode. scikit-learn's MLP (100-100),
k nearest neighbours and RBF-SVM, with its own settings, take float32 N×784 in 0..1 and int64 N, and give a fitted
estimator; only the MLP uses its seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inkdigits.data.sets import mnist
from inkdigits.glyph import to_float
from inkdigits.models.initial import init_glorot

Peer = Callable[..., nn.Module]  # images, labels, seed and, optionally, epochs → a network in evaluation mode
PIXEL_MEAN, PIXEL_SD = 0.1307, 0.3081  # of MNIST's training pixels


def train_pytorch_example(images: Tensor, labels: Tensor, seed: int, epochs: int = 14) -> nn.Module:
    """The PyTorch example, in PyTorch's default memory layout, as its users run it."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        StandardisedPixels(),
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)),
        *(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)),
    )
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)
    for _ in range(epochs):
        run_epoch(network, optimizer, images, labels, 64)
        schedule.step()
    return network.eval()


def train_one_epoch(images: Tensor, labels: Tensor, seed: int, epochs: int = 1) -> nn.Module:
    """The one-epoch recipe, channels last, which is the faster way to run it."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        *(nn.Conv2d(1, 24, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(24, 32, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 256), nn.ReLU(), nn.Linear(256, 10)),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, betas=(0.7, 0.9))
    steps = epochs * -(-len(images) // 256)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    for _ in range(epochs):
        for indices in shuffle_batches(len(images), 256):
            run_step(network, optimizer, images[indices], labels[indices])
            schedule.step()
    return network.eval()


def train_keras_convnet(images: Tensor, labels: Tensor, seed: int, epochs: int = 15) -> nn.Module:
    """Keras' simple convnet, 34,826 parameters."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)),
    )
    init_glorot(network)
    train_count = len(images) - len(images) // 10
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7)
    for _ in range(epochs):
        run_epoch(network, optimizer, images[:train_count], labels[:train_count], 128)
    return network.eval()


def train_lenet(images: Tensor, labels: Tensor, seed: int, epochs: int = 10) -> nn.Module:
    """LeNet-5 of the Flux model zoo, 44,426 parameters."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )
    init_glorot(network)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-4, weight_decay=1e-2)
    for _ in range(epochs):
        run_epoch(network, optimizer, images, labels, 128)
    return network.eval()


def train_peer(train: Peer, seed: int, **settings: int) -> tuple[nn.Module, float]:
    """A peer's network of MNIST's 60,000, and the seconds of its training alone."""
    digits = mnist.load("train")
    images, labels = torch.from_numpy(to_float(digits.images)), torch.from_numpy(digits.labels)
    started = time.perf_counter()
    network = train(images, labels, seed, **settings)
    return network, time.perf_counter() - started


def run_epoch(
    network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor, batch_size: int
) -> None:
    """One plain epoch."""
    for indices in shuffle_batches(len(images), batch_size):
        run_step(network, optimizer, images[indices], labels[indices])


class StandardisedPixels(nn.Module):
    """Pixels with mean 0 and standard deviation 1 over the training set."""

    def forward(self, images: Tensor) -> Tensor:
        return (images - PIXEL_MEAN) / PIXEL_SD


def shuffle_batches(count: int, batch_size: int) -> Iterator[Tensor]:
    """Places of one epoch, in batches."""
    return iter(torch.randperm(count).split(batch_size))


def run_step(network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> None:
    """One plain step."""
    optimizer.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    optimizer.step()


Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]


def fit_mlp(pixels: Pixels, labels: Labels, seed: int) -> Any:
    """Two hidden layers of 100 units, scikit-learn's Adam until its loss falls no more."""
    from sklearn.neural_network import MLPClassifier  # here, as to load scikit-learn takes a second

    return MLPClassifier((100, 100), random_state=seed).fit(pixels, labels)


def fit_knn(pixels: Pixels, labels: Labels, seed: int) -> Any:
    """The majority of the five nearest."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier().fit(pixels, labels)


def fit_svm(pixels: Pixels, labels: Labels, seed: int) -> Any:
    """A support vector machine with Gaussian kernels."""
    from sklearn.svm import SVC

    return SVC(cache_size=2000).fit(pixels, labels)


def count_stored_numbers(estimator: Any) -> int:
    """How many numbers it needs to answer: weights and biases; training digits; support vectors and their weights."""
    if hasattr(estimator, "coefs_"):
        return sum(each.size for each in (*estimator.coefs_, *estimator.intercepts_))
    if hasattr(estimator, "_fit_X"):
        return int(estimator._fit_X.size)
    return sum(each.size for each in (estimator.support_vectors_, estimator.dual_coef_, estimator.intercept_))
