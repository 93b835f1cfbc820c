"""Signs that probabilities were made by a model that had seen the labels it judges."""

from __future__ import annotations


def in_sample_signs(pred_probs, labels, features):
    return ""
