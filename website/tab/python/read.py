"""What the worker asks of Python: a picture's pixels → candidates for its digit → the digit."""

import cv2
from browser import self as worker
from inkdigits.glyph import to_float
from inkdigits.reading.imaging.pixels import flatten_alpha
from inkdigits.reading.networks.classifier import Classifier
from inkdigits.reading.single import list_candidate_crops, choose_crops, read_crop
from numpy import stack, uint8, wrap


def find_candidates(pixels, width, height):
    """The candidates for the digit of a picture, RGBA row by row, and their glyphs as the network takes them."""
    image = flatten_alpha(wrap(pixels, (height, width, 4), uint8))
    candidates = list_candidate_crops(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    return candidates, to_float(stack([each.glyph for each in candidates])).values


def read_digit(candidates, answer):
    """The digit, by the network's answer for all candidates."""
    classifier._model.answer = answer
    crops, classification = choose_crops([candidates], classifier)
    digit = read_crop(crops[0], classification, classifier.thresholds)
    probabilities = [classification.probabilities[0][index] for index in range(10)]
    return {
        "text": digit.text,
        "digit": digit.digit,
        "confidence": digit.confidence,
        "digitness": digit.digitness,
        "probabilities": probabilities,
        "glyph": crops[0].glyph.values,
    }


classifier = Classifier(worker.reader.card)
worker.reader.findCandidates, worker.reader.readDigit = find_candidates, read_digit
