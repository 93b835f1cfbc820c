"""Table columns to numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import comparable, is_text, numbers
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput

# A column whose other cells are all numbers may use these for "not known".
UNKNOWN = frozenset({"", "nan", "null", "<na>", "n/a", "#n/a", "na", "none", "?", "-", "."})
ONE_HOT_LIMIT = 100  # a column of more categories than this is reduced instead
REDUCED = 30  # numbers that such a column becomes


def typed_frame(dataset: Dataset) -> pd.DataFrame:
    """Return the feature columns with types that a model can use.

    Numbers and booleans become float32 with NaN for unknown, dates stay dates, everything else becomes plain Python
    text with None for unknown (not Arrow-backed: scikit-learn indexes such columns slowly or not at all).

    Parameters
    ----------
    dataset : Dataset
        With N rows.

    Returns
    -------
    DataFrame of shape (N, number of feature columns)
    """
    columns = {
        f"{position}:{name}": typed(dataset.table[name]) for position, name in enumerate(dataset.feature_columns)
    }
    return pd.DataFrame(columns)


def typed(column: pa.ChunkedArray) -> pd.Series:
    """Give one column, N cells, the type that `typed_frame` describes."""
    if not is_text(column.type):
        return _typed(column.to_pandas())
    read = _read_numbers(column)
    if read is not None:
        return _finite(pd.Series(read))
    # A text is looked at once, however often it occurs.
    encoded = column.combine_chunks().dictionary_encode()
    texts = _typed(pd.Series(encoded.dictionary.to_pylist(), dtype=object))
    codes = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    values = pd.Series(pd.api.extensions.take(texts.to_numpy(), codes, allow_fill=True), dtype=texts.dtype)
    return values.where(values.notna(), None) if values.dtype == object else values


def _read_numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    """Read a column of texts that are plain numbers or unknown, fast where there are thousands of such columns."""
    texts = comparable(column)
    unknown = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), pa.array(sorted(UNKNOWN)))
    found = numbers(texts.filter(pc.invert(unknown)).combine_chunks())
    if found is None:
        return None
    values = np.full(len(column), np.nan)
    values[pc.invert(pc.or_(unknown, pc.is_null(texts))).to_numpy()] = found
    return values


def _typed(series: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(series) or pd.api.types.is_numeric_dtype(series):
        return _finite(series.astype("float64"))
    if pd.api.types.is_datetime64_any_dtype(series):
        return series
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    values = series.map(_text, na_action="ignore").astype(object)
    text = values.where(values.notna(), None)
    stripped = text.map(lambda v: v.strip().casefold(), na_action="ignore")
    known = text.mask(stripped.isin(UNKNOWN), None)
    numbers = pd.to_numeric(known, errors="coerce")
    if known.notna().any() and numbers.notna().equals(known.notna()):
        return _finite(numbers.astype("float64"))
    return text.mask(stripped == "", None).astype(object)


def _text(value: object) -> str:
    """Nested cells (lists, structs) and bytes are compared by what they hold."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return json.dumps(value, default=str, sort_keys=True)


def _finite(column: pd.Series) -> pd.Series:
    """Infinities and what float32 can't hold count as unknown: no head takes them."""
    values = column.to_numpy(dtype=np.float64)
    limit = float(np.finfo(np.float32).max)
    return pd.Series(np.where(np.abs(values) <= limit, values, np.nan).astype(np.float32), index=column.index)


def tabular_features(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Encode a table; what is not a number by skrub's `TableVectorizer`.

    Numbers pass through (unknown stays NaN), dates become their parts, texts of many categories their TF-IDF reduced
    by SVD. Few categories become one-hot columns for linear heads and distances, and numbers for trees, which split
    them as well and several times faster. No label enters, so it happens once for all folds.

    Parameters
    ----------
    dataset : Dataset
        With N rows.

    Returns
    -------
    matrix : ndarray of shape (N, d), float32
        Categories one-hot.
    codes : ndarray of shape (N, e), float32
        Categories numbered; NaN for unknown.

    Raises
    ------
    BadInput
        No feature column holds anything.
    """
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder
    from skrub import StringEncoder, TableVectorizer

    frame = typed_frame(dataset)
    frame = frame[[name for name in frame if frame[name].notna().any()]]
    if frame.shape[1] == 0:
        raise BadInput("no feature column holds anything to learn from; choose columns that describe the rows.")
    # The vectoriser would look at every column of numbers for several milliseconds, and pass it on as it is.
    plain = frame.select_dtypes("float32").to_numpy()
    others = frame.select_dtypes(exclude="float32")
    if others.shape[1] == 0:
        return plain, plain
    vectorizer = TableVectorizer(
        cardinality_threshold=ONE_HOT_LIMIT,
        low_cardinality=OrdinalEncoder(dtype=np.float32),
        high_cardinality=StringEncoder(n_components=REDUCED, random_state=0),
    )
    encoded = vectorizer.fit_transform(others)
    categories = vectorizer.kind_to_columns_["low_cardinality"]
    codes = np.hstack([plain, encoded.to_numpy(dtype=np.float32)])
    if not categories:
        return codes, codes
    one_hot = OneHotEncoder(dtype=np.float32, sparse_output=False).fit_transform(encoded[categories])
    return np.hstack([plain, encoded.drop(columns=categories).to_numpy(dtype=np.float32), one_hot]), codes
