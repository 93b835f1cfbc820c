"""What the properties of images tell: the measures and thresholds of cleanvision, and of Datalab's correlations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from labelaudit.checks.base import Check, DoesNotApply, Material, Outcome
from labelaudit.text import count_of

COMMON = 0.1  # share of the images from which on a property is how these images are, as in Datalab
BLUR_SCALE, BITS = 100.0, 10.0  # standard deviation of the edges, bits of entropy: what cleanvision divides by
CORRELATED, ONE_CLASS = 0.3, 0.95  # Datalab's threshold; area under the curve of one class against the rest
FOLDS = 5


@dataclass(frozen=True)
class Measure:
    """How one property of an image becomes a score.

    Parameters
    ----------
    adjective : str
        What a flagged image is: "3 images are dark".
    means : str
        Why that matters.
    score : callable
        ``(properties) -> (n,)``, 0 to 1, low is bad.
    threshold : float
        Scores below are flagged.
    evidence : callable
        ``(properties of one image, medians of all) -> str``.
    """

    adjective: str
    means: str
    score: Callable[[pd.DataFrame], Any]
    threshold: float
    evidence: Callable[[Any, Any], str]

    def find(self, material: Material) -> Outcome:
        """Flag the images whose score is below the threshold, unless most of them are like that.

        Images that could not be read are not judged.
        """
        properties = material.needed_properties
        known = properties["width"].notna().to_numpy()
        if not known.any():
            raise DoesNotApply("no image can be read")
        score = np.ones(len(properties))
        score[known] = np.asarray(self.score(properties[known]), dtype=np.float64).clip(0, 1)
        rows = np.flatnonzero(score < self.threshold)
        share = len(rows) / int(known.sum())
        if share > COMMON:
            words = f"{share:.0%} of the images are {self.adjective}: too many to be exceptions, so none is flagged."
            return Outcome(words, score=score)
        if not len(rows):
            return Outcome(f"No image is {self.adjective}.", score=score)
        rows = rows[np.argsort(score[rows], kind="stable")]
        usual = properties.median(numeric_only=True)
        return Outcome(
            f"{count_of(len(rows), 'image is', 'images are')} {self.adjective}: {self.means}.",
            "Look at the worst, and exclude those that show too little.",
            rows,
            [self.evidence(properties.iloc[row], usual) for row in rows],
            score,
        )


def _side(p: Any) -> Any:
    return np.sqrt(p["width"] * p["height"])


def _size_score(properties: pd.DataFrame) -> np.ndarray:
    """1 in the middle of the usual sizes, .5 where a size is 3 interquartile ranges away from the quartiles."""
    side = _side(properties).to_numpy(dtype=np.float64)
    first, third = np.percentile(side, [25, 75])
    middle, width = (first + third) / 2, 7 * (third - first)
    # Where most images have one size, cleanvision flags every other one; so does a width that is next to nothing.
    return np.asarray(1 - np.abs(side - middle) / max(width, 1e-6 * middle))


def _pixels(p: Any) -> str:
    return f"{p['width']:,.0f} x {p['height']:,.0f}"


def _how_wide(p: Any) -> str:
    wide = p["width"] >= p["height"]
    ratio = max(p["width"] / p["height"], p["height"] / p["width"])
    return f"{ratio:.1f} times as {'wide as high' if wide else 'high as wide'}"


MEASURES = {
    "dark": Measure(
        "dark",
        "even the brightest spots are, so little can be seen",
        lambda p: p["dark"],
        0.32,
        lambda p, usual: f"its brightest spots reach {p['dark']:.0%} of white",
    ),
    "bright": Measure(
        "overexposed",
        "even the darkest spots are nearly white",
        lambda p: 1 - p["bright"],
        0.05,
        lambda p, usual: f"its darkest spots are at {p['bright']:.0%} of white",
    ),
    "blurry": Measure(
        "blurry",
        "the edges are weak",
        lambda p: -np.expm1(-p["sharpness"] / BLUR_SCALE),
        0.29,
        lambda p, usual: f"its edges are {p['sharpness'] / max(usual['sharpness'], 1e-9):.2f} times as strong as usual",
    ),
    "odd_size": Measure(
        "of an odd size",
        "much larger or smaller than the others, they may come from elsewhere",
        _size_score,
        0.5,
        lambda p, usual: f"{_pixels(p)} pixels; usual are {_pixels(usual)}",
    ),
    "odd_aspect": Measure(
        "of an odd shape",
        "much wider than high, or the other way round, they are squeezed or cut by the model",
        lambda p: np.minimum(p["aspect"], 1 / p["aspect"]),
        0.35,
        lambda p, usual: _how_wide(p),
    ),
    "low_information": Measure(
        "nearly empty",
        "they hold next to no different grey values",
        lambda p: p["entropy"] / BITS,
        0.15,
        lambda p, usual: f"{p['entropy']:.1f} bits of information in a pixel; usual are {usual['entropy']:.1f}",
    ),
    "greyscale": Measure(
        "grey",
        "without colour among images that have some, they may come from elsewhere",
        lambda p: p["saturation"],
        0.02,
        lambda p, usual: "it has no colour",
    ),
}


def property_correlation(material: Material) -> Outcome:
    """Find properties from which the label can be told without looking at what an image shows.

    As in cleanlab's Datalab: the cross-validated accuracy of a Gaussian naive Bayes classifier that sees one property;
    the score is (1 - accuracy) / (1 - share of the largest class), and below 0.3 it is an issue. (Datalab 2.9 takes
    the largest class's number for its count.) A property that tells one class from all others (area under the curve
    of .95) is an issue, too. Details name the class that a property tells best, and the pair that it separates most.
    """
    properties = _varied(material.needed_properties)
    labels, names = material.labels, material.class_names
    judged = (labels >= 0) & properties.notna().all(axis=1).to_numpy()
    counts = np.bincount(labels[judged], minlength=len(names) + 1)  # the last one is for -1: no class
    judged &= np.where(labels >= 0, counts[labels] >= FOLDS, False)
    codes, y = np.unique(labels[judged], return_inverse=True)
    if len(codes) < 2:
        raise DoesNotApply(f"fewer than two classes have {FOLDS} images")
    if not len(properties.columns):
        return Outcome("All images have the same properties.", count=0)
    details = []
    for name in properties:
        values = properties[name].to_numpy(dtype=np.float64)[judged]
        means, areas = _ranks_by_class(values, y, len(codes))
        clearest = int(np.abs(areas - 0.5).argmax())
        low, high = names[codes[means.argmin()]], names[codes[means.argmax()]]
        area = max(areas[clearest], 1 - areas[clearest])
        score = _room_for_improvement(values, y)
        details.append(
            {
                "column": name,
                "label": names[codes[clearest]],
                "score": round(score, 4),
                "area": round(float(area), 4),
                "low": low,
                "high": high,
            }
        )
    details.sort(key=lambda fact: (fact["score"], fact["column"]))
    found = [fact for fact in details if fact["score"] < CORRELATED or fact["area"] >= ONE_CLASS]
    if not found:
        return Outcome("No property of the images alone tells their labels.", count=0, details=details)
    listed = ", ".join(f"{fact['column']} (most of all {fact['label']})" for fact in found)
    return Outcome(
        f"{count_of(len(found), 'property', 'properties')} of the images nearly "
        f"{'tells' if len(found) == 1 else 'tell'} the label: {listed}. A model can learn this instead of "
        "what the images show.",
        "Find out how the images of each class were made, and even out the difference.",
        count=len(found),
        details=details,
    )


def _varied(properties: pd.DataFrame) -> pd.DataFrame:
    """The measured properties that are not the same in all images."""
    columns = ("brightness", "contrast", "sharpness", "entropy", "saturation", "aspect", "bytes")
    found = properties[list(columns)].assign(size=_side(properties))
    return found.loc[:, found.nunique() > 1]


def _room_for_improvement(values: np.ndarray, y: np.ndarray) -> float:
    """How much of the error of naming the largest class is left to a Gaussian naive Bayes classifier, 0 to 1."""
    from sklearn.model_selection import StratifiedKFold

    right = 0
    for train, test in StratifiedKFold(FOLDS).split(values, y):
        counts = np.bincount(y[train])
        mean = np.bincount(y[train], values[train]) / counts
        spread = np.bincount(y[train], (values[train] - mean[y[train]]) ** 2) / counts
        # scikit-learn's floor, by the spread of all images: those of one fold may all have the same value.
        spread += 1e-9 * values.var()
        fit = np.log(counts) - 0.5 * np.log(spread) - 0.5 * (values[test, None] - mean) ** 2 / spread
        right += int((fit.argmax(axis=1) == y[test]).sum())
    baseline = float(np.bincount(y).max() / len(y))
    return float(np.clip((1 - right / len(y)) / (1 - baseline), 0, 1))


def _ranks_by_class(values: np.ndarray, y: np.ndarray, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean rank of each class, and the area under the curve of each class against the rest."""
    from scipy.stats import rankdata

    counts = np.bincount(y, minlength=n_classes)
    sums = np.bincount(y, rankdata(values), minlength=n_classes)
    return sums / counts, (sums - counts * (counts + 1) / 2) / (counts * (len(y) - counts))


IMAGE_CHECKS = {
    "dark": Check("Dark images", MEASURES["dark"].find),
    "bright": Check("Overexposed images", MEASURES["bright"].find),
    "blurry": Check("Blurry images", MEASURES["blurry"].find),
    "odd_size": Check("Odd sizes", MEASURES["odd_size"].find),
    "odd_aspect": Check("Odd shapes", MEASURES["odd_aspect"].find),
    "low_information": Check("Nearly empty images", MEASURES["low_information"].find),
    "greyscale": Check("Grey images", MEASURES["greyscale"].find),
    "property_correlation": Check("Properties that tell the label", property_correlation),
}
