"""What scikit-learn offers for the same digits, with its own settings: MLP (100-100), k nearest neighbours, RBF-SVM.

Each takes float32 N×784 in 0..1 and int64 N, and gives a fitted estimator. Only the MLP draws chances.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]


def mlp(pixels: Pixels, labels: Labels, seed: int) -> Any:
    """Two hidden layers of 100 units, scikit-learn's Adam until its loss falls no more."""
    return MLPClassifier((100, 100), random_state=seed).fit(pixels, labels)


def knn(pixels: Pixels, labels: Labels, seed: int) -> Any:
    """The majority of the five nearest."""
    return KNeighborsClassifier().fit(pixels, labels)


def svm(pixels: Pixels, labels: Labels, seed: int) -> Any:
    """A support vector machine with Gaussian kernels."""
    return SVC(cache_size=2000).fit(pixels, labels)


def stored(estimator: Any) -> int:
    """How many numbers it needs to answer: weights and biases; training digits; support vectors and their weights."""
    if isinstance(estimator, MLPClassifier):
        return sum(each.size for each in (*estimator.coefs_, *estimator.intercepts_))
    if isinstance(estimator, KNeighborsClassifier):
        return int(estimator._fit_X.size)
    return sum(each.size for each in (estimator.support_vectors_, estimator.dual_coef_, estimator.intercept_))
