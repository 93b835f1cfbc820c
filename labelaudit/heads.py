"""The classifiers that an audit can use: what each needs, what it costs, and which of them `auto` takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.cache import Matrix
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig

Head = Literal[
    "logistic_regression",
    "linear_sgd",
    "complement_naive_bayes",
    "hist_gradient_boosting",
    "random_forest",
    "extra_trees",
    "linear_discriminant",
    "kernel_discriminant",
    "knn",
]
Model = Literal["auto", Head, "ridge"]
HEADS: tuple[str, ...] = get_args(Head)
RIDGE = "ridge"  # of numbers alone, see `labelaudit.regressors`
MODELS: tuple[str, ...] = ("auto", *HEADS, RIDGE)
TREES = frozenset({"hist_gradient_boosting", "random_forest", "extra_trees"})
DENSE = frozenset({"hist_gradient_boosting", "linear_discriminant", "kernel_discriminant"})  # can't take sparse rows
YOURS = "yours"  # no head of ours: the probabilities that the user brings
ROBUST = "retrained_without_suspects"  # the best of them once more, of numbers
ELSEWHERE = "elsewhere"  # nor this: how the same words are tagged in other sentences
TITLES = {
    "logistic_regression": "logistic regression",
    "linear_sgd": "a linear model",
    "complement_naive_bayes": "naive Bayes",
    "hist_gradient_boosting": "boosted trees",
    "random_forest": "a random forest",
    "extra_trees": "randomised trees",
    "linear_discriminant": "a linear discriminant",
    "kernel_discriminant": "a kernel discriminant",
    "knn": "nearest neighbours",
    RIDGE: "ridge regression",
    YOURS: "your model",
    ELSEWHERE: "the same words elsewhere",
}
N_TREES, N_ROUNDS, N_LEAVES = 200, 100, 15
N_DIRECTIONS, N_LANDMARKS = 128, 500  # of an embedding that is reduced; of a kernel that is approximated

EMBEDDING = 50  # so many columns of numbers, and no other, are taken for an embedding, whose distances mean something
JUDGED = 100  # columns of a table that are enough to know how wide it becomes
PATIENCE = 120  # seconds that a second head may take
EXACT_WORK = 4e12  # multiplications of an exact search for neighbours that take about half a minute on two cores
OF_A_PAIR = 800  # multiplications for which such a search could keep the nearest up to date once
FEW = 1000  # rows with which boosting learns little


# -- what it costs --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
    """What decides how long a head takes.

    Parameters
    ----------
    modality : str
    rows, classes : int
        N, and K classes, or so many labels as an example has.
    columns : int
        Of a table.
    stored : float
        Numbers that the feature matrix stores, about.
    chars : int
        Of all texts; 0 for a table.
    numeric : bool
        Whether a table has numbers only.
    embedding : bool
        Whether they are features that the user brings, whose distances mean something.
    """

    modality: str
    rows: int
    classes: int
    columns: int
    stored: float
    chars: int
    numeric: bool
    embedding: bool = False

    @classmethod
    def of(cls, dataset: Dataset, embedded: bool = False) -> Size:
        """Measure a data set, whose texts a network may turn into an embedding.

        The time does not grow with the data set, apart from the length of its texts.
        """
        n = len(dataset)
        k = max(len(dataset.classes), len(dataset.units) // n)
        if dataset.given is not None and dataset.given.features is not None:
            d = min(N_DIRECTIONS, dataset.given.features.shape[1])
            return cls("tabular", n, k, d, n * d, 0, numeric=True, embedding=True)
        if embedded or dataset.modality == "image":
            return cls(dataset.modality, n, k, N_DIRECTIONS, n * N_DIRECTIONS, 0, numeric=True, embedding=True)
        table = dataset.table.select(list(dataset.feature_columns))
        if dataset.modality == "text":
            texts = [pc.list_flatten(c) if pa.types.is_list(c.type) else c for c in table.columns]
            chars = sum(int(pc.sum(pc.utf8_length(pc.cast(c, pa.string()))).as_py() or 0) for c in texts)
            return cls("text", n, k, 1, chars / 4, chars, numeric=False)
        judged = table.columns[:: max(1, table.num_columns // JUDGED)]
        widths = [_width(column) for column in judged]
        stored = n * sum(widths) / max(1, len(widths)) * table.num_columns
        return cls("tabular", n, k, table.num_columns, stored, 0, numeric=all(w == 1 for w in widths))


def _width(column: pa.ChunkedArray) -> int:
    """How many columns of the feature matrix a column of the table becomes, judged by its first thousand cells."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return 1
    from labelaudit.features.tabular import ONE_HOT_LIMIT, REDUCED, typed

    values = typed(column.slice(0, 1000))
    if values.dtype != object:
        return 1 if values.dtype.kind == "f" else 5  # a date becomes its parts
    distinct = int(values.nunique())
    return max(2, distinct) if distinct <= ONE_HOT_LIMIT else REDUCED


def seconds(head: str, size: Size, folds: int) -> float:
    """Estimate how long the out-of-fold probabilities of a head take, on two cores as they are in 2026.

    The constants were measured; `benchmarks` prints what the estimate gives beside what was needed.

    Parameters
    ----------
    head : str
        One of `HEADS`.
    size : Size
    folds : int
    """
    fitted = size.rows * (folds - 1)  # training rows of all folds
    width = size.stored / size.rows
    outputs = size.classes if size.classes > 2 else 1
    columns: float
    match head:
        case "linear_sgd":
            return (
                0.006 * folds
                + 2.2e-9 * n_passes(fitted / folds, size.modality == "text") * fitted * (width + 10) * outputs
            )
        case "logistic_regression":
            return 0.006 * folds + 8e-8 * fitted * width * outputs
        case "complement_naive_bayes":
            return 0.002 * folds + 3e-8 * folds * size.stored + 1.5e-8 * size.rows * (width + 10) * size.classes
        case "hist_gradient_boosting":
            columns = 100 if size.modality == "text" else size.columns
            bins = folds * N_LEAVES * 256 * columns
            return N_ROUNDS * outputs * (5e-10 * bins + 7e-9 * fitted * columns + 1e-3 * folds)
        case "random_forest" | "extra_trees":
            columns = width if size.modality == "text" else size.columns
            return N_TREES * (5e-4 * folds + 4e-9 * fitted * math.log2(fitted + 2) * math.sqrt(columns))
        case "ridge":
            return 0.02 * folds + 3e-9 * fitted * width * (10 if size.modality == "text" else width + 20)
        case "linear_discriminant":
            return 0.01 * folds + 1.2e-7 * fitted * width
        case "kernel_discriminant":
            return 0.1 * folds + 1.2e-7 * fitted * N_LANDMARKS
        case _:
            pairs = size.chars * 4e-11 if size.modality == "text" else size.stored * 2e-11
            return 0.006 * folds + size.rows * pairs


def words(heads: Iterable[str]) -> str:
    """Name heads as in a sentence: "a linear model, naive Bayes and nearest neighbours"."""
    heads = list(heads)
    again = ", trained again without suspects" if ROBUST in heads else ""
    names = [TITLES.get(head, head.replace("_", " ")) for head in heads if head != ROBUST] or ["no model"]
    return (f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]) + again


def expected_size(dataset: Dataset, config: AuditConfig) -> Size:
    """Return the size of what an audit will fit, of the sample where it takes one."""
    from labelaudit.features import TFIDF

    size = Size.of(dataset, embedded=dataset.modality == "text" and config.embedder not in TFIDF)
    share = min(1.0, (config.max_rows or size.rows) / size.rows)
    return replace(size, rows=round(size.rows * share), stored=size.stored * share, chars=round(size.chars * share))


def chosen(dataset: Dataset, size: Size, model: str, folds: int) -> tuple[tuple[str, ...], str]:
    """Say what predicts and why: what the user brings, else what `choose` says."""
    if dataset.given is not None and dataset.given.predicted is not None:
        return (YOURS,), f"the {dataset.given.predicted} that you brought"
    return choose(size, model, folds)


def choose(size: Size, model: str, folds: int) -> tuple[tuple[str, ...], str]:
    """Turn ``auto`` into unlike heads that the data's kind and size allow.

    No head finds most in every data set, and which one is best at finding planted errors says little about real
    ones, so none is singled out by a trial; only those are left out that don't suit the kind or would take long.

    Parameters
    ----------
    size : Size
    model : str
        One of `MODELS`.
    folds : int

    Returns
    -------
    heads : tuple of str
        At least one.
    why : str
        For a person.

    Raises
    ------
    BadInput
        The model predicts numbers and no classes.
    """
    if model == RIDGE:
        raise BadInput(f"the model {model!r} predicts numbers and no classes; choose one of {', '.join(HEADS)}.")
    if model != "auto":
        return (model,), "chosen by you"
    kind = {"text": "texts", "image": "images"}.get(size.modality, "an embedding" if _is_embedding(size) else "a table")
    suited = _suited(size)
    # One linear model in any case: the multinomial one where its solver is quick.
    linear = "logistic_regression" if seconds("logistic_regression", size, folds) <= 1.5 else "linear_sgd"
    if size.embedding:
        linear = "linear_discriminant"
    elif size.modality == "text":
        linear = "linear_sgd"
    takes = {head: seconds(head, size, folds) for head in suited}
    quick = 3 + size.rows / 20_000
    # Two unlike heads are worth a wait; a third and a fourth have to be quick.
    others = [h for h in suited if takes[h] <= quick] or [h for h in suited if takes[h] <= PATIENCE][:1]
    slow = [f"{TITLES[head]} would take {takes[head]:,.0f} s" for head in suited if head not in others]
    what = f"{kind}, {size.rows:,} rows of {size.classes:,} classes"
    if not others:
        return (linear,), "; ".join([what, *slow])
    return (linear, *others), "; ".join([f"{what}: unlike models that err in different places", *slow])


def _suited(size: Size) -> Sequence[str]:
    """The heads beside the linear one that suit the kind of the data."""
    if size.embedding:
        return ("kernel_discriminant", "knn")
    if size.modality == "text":
        return ("complement_naive_bayes", "knn")
    boosted = ("hist_gradient_boosting",) if size.rows >= FEW else ()
    return (*boosted, "extra_trees", *(("knn",) if _is_embedding(size) else ()))


def _is_embedding(size: Size) -> bool:
    return size.embedding or (size.modality == "tabular" and size.numeric and size.columns >= EMBEDDING)


# -- how it is made -------------------------------------------------------------------------------------


def n_passes(n_train: float, sparse: bool) -> int:
    """Passes of stochastic gradient descent over the training rows: about 50,000 steps, 20 passes at the most.

    Sparse texts need 3 at the least and dense tables 10: more don't change the ranking (measured up to 20 on seven data
    sets), and a fixed number takes a known time.
    """
    return int(min(20, max(3 if sparse else 10, 50_000 // max(1.0, n_train))))


def head(name: str, n_train: int, sparse: bool, seed: int) -> Any:
    """Return the unfitted scikit-learn classifier of this name.

    Parameters
    ----------
    name : str
        One of `HEADS`.
    n_train : int
        Number of training rows.
    sparse : bool
        Whether they are sparse.
    seed : int
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline

    from labelaudit.neighbors import Neighbours

    match name:
        case "logistic_regression":
            return LogisticRegression(max_iter=400)
        case "linear_sgd":
            # Sparse: alpha = 1 / (C n), the regularisation of a logistic regression with C = 4, at any size. Dense
            # columns make larger steps, which more regularisation and averaged weights steady.
            return SGDClassifier(
                loss="log_loss",
                alpha=1 / (4 * n_train) if sparse else 1e-3,
                average=not sparse,
                max_iter=n_passes(n_train, sparse),
                tol=None,
                n_jobs=-1,  # one class each, in threads; the result does not depend on how many
                random_state=seed,
            )
        case "complement_naive_bayes":
            return ComplementNB()
        case "hist_gradient_boosting":

            class Boosting(HistGradientBoostingClassifier):  # type: ignore[misc]
                """It can't bin a column that holds nothing in the training rows; a constant one it can."""

                def fit(self, X: np.ndarray, y: np.ndarray) -> Any:
                    return super().fit(np.where(np.isnan(X).all(axis=0), 0, X), y)

            # Smaller trees than usual: large ones learn wrong labels by heart.
            return Boosting(early_stopping=False, max_iter=N_ROUNDS, max_leaf_nodes=N_LEAVES, random_state=seed)
        case "random_forest":
            return RandomForestClassifier(n_estimators=N_TREES, min_samples_leaf=2, n_jobs=-1, random_state=seed)
        case "extra_trees":
            return ExtraTreesClassifier(n_estimators=N_TREES, min_samples_leaf=2, n_jobs=-1, random_state=seed)
        case "linear_discriminant":
            return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        case "kernel_discriminant":
            kernel = Nystroem(n_components=min(N_LANDMARKS, int(n_train)), random_state=seed)
            return make_pipeline(kernel, LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
        case _:
            return Neighbours()


def reduced(X: np.ndarray) -> np.ndarray:
    """Bring an embedding down to the directions in which it varies most, of a spread of 1/2 on average.

    Most of the many columns are noise to a model that learns from wrong labels, too: on images of two kinds (HOG, 10 %
    planted errors) discriminants of 128 directions found errors with twice the average precision of a linear model of
    all columns, in a fraction of the time. With that spread a radial kernel of width 1 / columns is as wide as the
    usual distance. No label enters, so it is done once for all folds.

    Parameters
    ----------
    X : ndarray of shape (N, d)

    Returns
    -------
    ndarray of shape (N, at most `N_DIRECTIONS`), float32
    """
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from threadpoolctl import threadpool_limits

    X = np.asarray(X, dtype=np.float32)
    if np.isnan(X).any():
        X = SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(X)
    n_directions = min(N_DIRECTIONS, *X.shape)
    exact = X.shape[1] <= min(2048, X.shape[0])  # by the covariance, which is quick and the same every time
    solver = "covariance_eigh" if exact else "randomized"
    with threadpool_limits(1, user_api="blas"):  # see `labelaudit.predict.out_of_fold`
        found = PCA(n_directions, svd_solver=solver, random_state=0).fit_transform(X)
    return np.asarray(found / (2 * found.std() or 1), dtype=np.float32)


def prepare(X: Matrix, name: str, embedding: bool = False) -> Matrix:
    """Bring the features into the form that a head needs: scaled, without gaps, or dense.

    No label enters, so it is done once for all folds.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
    name : str
        One of `HEADS`.
    embedding : bool
        Whether `X` was `reduced`: the spread of its columns says how much each means.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    if not isinstance(X, np.ndarray):
        if name not in DENSE:
            return X
        if X.shape[1] <= 100:
            return np.asarray(X.toarray())
        return np.asarray(TruncatedSVD(100, random_state=0).fit_transform(X), dtype=np.float32)
    if name in TREES or (embedding and name != "complement_naive_bayes"):
        return X
    scale = MinMaxScaler(clip=True) if name == "complement_naive_bayes" else StandardScaler()
    steps = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), scale)
    # A rare category or an outlier, scaled to many deviations, would outweigh all else in linear heads and distances.
    return np.asarray(steps.fit_transform(X).clip(-5, 5), dtype=np.float32)
