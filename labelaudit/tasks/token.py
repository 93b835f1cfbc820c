"""One tag per token: parts of speech, and entities in BIO or BIOES."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from labelaudit import spans, tokens, variation
from labelaudit.blocks import Block, Part, Parts
from labelaudit.cache import Matrix, key
from labelaudit.checks import Finding
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.features import TFIDF
from labelaudit.features.tokens import token_features
from labelaudit.folds import Folds, assign_folds
from labelaudit.heads import ELSEWHERE, YOURS
from labelaudit.labels import encode, show
from labelaudit.predict import out_of_fold, tempered
from labelaudit.shapes.tags import tokens as words_of
from labelaudit.tasks import classification
from labelaudit.tasks.base import (
    ISSUE_COLUMNS,
    Found,
    Run,
    Seen,
    Task,
    apply,
    class_counts,
    confidence_plane,
    likeliest,
)
from labelaudit.tasks.brought import as_brought, check_shape
from labelaudit.tasks.pooling import verdicts_of

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.result import Audit

HEAD = "linear_sgd"
VERSION = 1  # part of the cache key: raise it when the features change
MOST_TOKENS = 400  # of a sentence that a page has room for
PER_CELL = 6e-6  # seconds for one tag of one token, five folds
ENTITY, ORDER = "entity", "tag_order"
# How an entity differs, see `labelaudit.spans.differing`.
IN_WORDS = {
    "borders": "with other borders",
    "type": "of another type",
    "borders and type": "with other borders and of another type",
    "no entity": "as no entity",
    "entity missing": "where none is given",
}


def check(dataset: Dataset, config: AuditConfig) -> None:
    """Refuse sentences from which nothing can be learned.

    Raises
    ------
    BadInput
        There are fewer than two tags that occur twice, fewer sentences than folds, or features were brought.
    """
    if dataset.given is not None and dataset.given.features is not None:
        raise BadInput("features of tokens can't be brought, only their probabilities; leave them out.")
    if dataset.given is not None:
        check_shape(dataset, len(dataset.units), len(dataset.given.classes))
    tagged = np.unique(dataset.units.rows[dataset.labels >= 0])
    if 0 < len(tagged) < config.folds:
        raise BadInput(
            f"{len(tagged)} labelled rows are fewer than the {config.folds} folds; use fewer folds or more sentences."
        )
    classification.check(dataset, config)


def predict(dataset: Dataset, seen: Seen, config: AuditConfig, run: Run) -> dict[str, Any]:
    """Compute the probabilities of every tag of every token, by a model and by the same words elsewhere.

    The model never saw the sentence, its copies or its document; the counts leave out the sentence.
    """
    words, sentence, labels = words_of(dataset), dataset.units.rows, dataset.labels
    if dataset.given is not None and dataset.given.pred_probs is not None:
        with run.step("the same words elsewhere"):
            places = variation.Surroundings.of(words, sentence, labels, len(dataset.classes))
        outputs = as_brought(dataset, dataset.given, dataset.given.probabilities(dataset.classes), seen, run)
        return {**outputs, "fold": outputs["fold"][sentence], "places": places}
    made = key(data=dataset.feature_fingerprint, tokens=VERSION)
    with run.step("features"):
        matrix = run.cache.matrix(f"features-{made}", lambda: token_features(words, sentence))
        if config.embedder not in TFIDF:
            matrix, made = _beside(matrix, words, sentence, config, run)
    with run.step("folds"):
        dealt = assign_folds(dataset, config.folds, config.seed)
        folds = Folds(dealt.fold[sentence], dealt.n_folds, dealt.note)
        model = out_of_fold(
            matrix,
            labels,
            len(dataset.classes),
            folds,
            HEAD,
            calibrate=config.calibrate,
            seed=config.seed,
            cache=run.cache,
            name=key(features=made, labels=dataset.fingerprint, folds=dealt.fold.tolist()),
            progress=run.progress,
        )
    with run.step("the same words elsewhere"):
        places = variation.Surroundings.of(words, sentence, labels, len(dataset.classes))
        sources = {HEAD: tempered(model, labels)[0], ELSEWHERE: variation.shares(places)}
        sources[ELSEWHERE] = tempered(sources[ELSEWHERE], labels)[0]
    return {
        "arrays": {"pred_probs": tokens.pooled(sources[HEAD], sources[ELSEWHERE])},
        "fold": folds.fold,
        "verdicts": verdicts_of(sources, labels),
        "places": places,
        "resolved": {
            "heads": dict.fromkeys(sources, 0.5),
            "why": expected(dataset, config)[1],
            "embedder": "words" if config.embedder in TFIDF else config.embedder,
        },
        "notes": [folds.note] if folds.note else [],
    }


def _beside(
    matrix: Matrix, words: Sequence[str], sentence: np.ndarray, config: AuditConfig, run: Run
) -> tuple[Matrix, str]:
    """Put the embeddings of a transformer beside the features of the words, and say by what both are told."""
    from labelaudit.features.words import word_embeddings

    sentences = [part.tolist() for part in np.split(np.array(words, dtype=object), _ends(sentence))]
    embedded = word_embeddings(sentences, config.embedder, run.cache, run.progress, device=config.device)
    own = sha256(np.ascontiguousarray(embedded).data).hexdigest()  # the same name can mean other weights
    return sp.hstack([matrix, sp.csr_matrix(embedded)], format="csr"), key(tokens=VERSION, words=words, embedded=own)


def _ends(sentence: np.ndarray) -> np.ndarray:
    """Number the tokens with which a sentence begins, but for the first."""
    return np.flatnonzero(np.diff(sentence)) + 1


def expected(dataset: Dataset, config: AuditConfig) -> tuple[tuple[str, ...], str, float]:
    """Say what will be fitted, and in about how many seconds."""
    if dataset.given is not None and dataset.given.predicted is not None:
        return (YOURS,), f"the {dataset.given.predicted} that you brought", 0.3
    embedded = "" if config.embedder in TFIDF else f" and by {config.embedder}"
    why = f"each token by itself and its neighbours{embedded}, and how the same word is tagged in other sentences"
    times = (4 if config.calibrate else 1) * config.folds / 5
    return (HEAD, ELSEWHERE), why, 0.3 + times * PER_CELL * len(dataset.units) * len(dataset.classes)


def find_issues(
    dataset: Dataset, ids: np.ndarray, seen: Seen, outputs: Mapping[str, Any], config: AuditConfig
) -> Found:
    """Flag and score the tags as classes are; say of entities, too, how they differ and which tags are out of order."""
    found = classification.find_issues(dataset, ids, seen, outputs, config)
    issues, scores, sentence = found.issues, found.scores, dataset.units.rows
    flagged = issues["is_issue"].to_numpy()
    rows = np.flatnonzero(flagged)
    suggested = np.array([dataset.code_of(text) for text in issues["suggested"].iloc[rows]], dtype=np.int64)
    said = variation.evidence(outputs["places"], words_of(dataset), rows, suggested, dataset.class_names)
    reasons = issues["evidence"].tolist()
    for row, words in zip(rows.tolist(), said, strict=True):
        reasons[row] = [*reasons[row], *filter(None, [words])]
    issues["evidence"] = pd.Series(reasons, dtype=object)
    by_sentence = tokens.sentence_scores(issues["score"].to_numpy(), sentence, len(dataset))
    scores["sentence"] = by_sentence[sentence]
    entities = spans.are_entities(dataset.classes)
    more, findings = _entity_issues(dataset, issues, outputs) if entities else ([], {})
    every = pd.concat([issues, *more], ignore_index=True) if more else issues
    return Found(every, scores, found.per_class, found.confident_joint, found.health, findings)


def _entity_issues(
    dataset: Dataset, issues: pd.DataFrame, outputs: Mapping[str, Any]
) -> tuple[list[pd.DataFrame], dict[str, Finding]]:
    """List the entities with a suspect in them that the model sees otherwise, and the tags that are out of order."""
    given = spans.Tags.of(dataset.classes, dataset.labels, dataset.units.rows)
    predicted = spans.Tags.of(dataset.classes, outputs["arrays"]["pred_probs"].argmax(axis=1), dataset.units.rows)
    words, parts = words_of(dataset), dataset.units.parts
    score, flagged = issues["score"].to_numpy(), issues["is_issue"].to_numpy()
    differs = spans.differing(given, predicted)
    both = list(zip(differs["start"], differs["end"], differs["other_start"], differs["other_end"], strict=True))
    covered = [np.union1d(np.arange(a, b), np.arange(c, d)) if c >= 0 else np.arange(a, b) for a, b, c, d in both]
    doubted = np.array([bool(flagged[tokens].any()) for tokens in covered], dtype=bool)
    covered = [tokens for tokens, keep in zip(covered, doubted, strict=True) if keep]
    found, kept = [], differs[doubted]
    # Each is listed at its worst suspect, where the decision is due; two entities may share it.
    listed: dict[int, tuple[list[str], list[str]]] = {}
    for span, within in zip(kept.itertuples(), covered, strict=True):
        worst = int(within[np.where(flagged[within], score[within], np.inf).argmin()])
        reasons, around = listed.setdefault(worst, ([], []))
        reasons.append(_in_words(span, words))
        around += [str(parts[token]) for token in within if parts[token] not in around]
    if listed:
        at, (told, near) = np.array(list(listed)), zip(*listed.values(), strict=True)
        found.append(_rows(issues, at, ENTITY, score[at], list(told), list(near)))
    lost = np.flatnonzero(given.out_of_order())
    if len(lost):
        why = [[f"{dataset.class_names[dataset.labels[token]]} follows no B- or I- of its type"] for token in lost]
        found.append(_rows(issues, lost, ORDER, np.zeros(len(lost)), why, [None] * len(lost)))
    return found, {ENTITY: _differing(kept["how"]), ORDER: _out_of_order(len(lost))}


def _differing(how: pd.Series) -> Finding:
    """Say of how many entities the model sees what otherwise."""
    counts = how.value_counts()
    kinds = ", ".join(f"{IN_WORDS[kind]} ({counts[kind]:,})" for kind in IN_WORDS if kind in counts)
    return Finding(
        "Entities that differ",
        len(how),
        f"Entities with a suspect in them that the model sees otherwise: {kinds}." if kinds else "",
        applies=True,
        advice="Each is listed at its worst suspect: decide there, and on the others in the sentence.",
    )


def _out_of_order(count: int) -> Finding:
    return Finding(
        "Tags out of order",
        count,
        "I- or E- that follows no B- or I- of its type, so that where the entity begins is not said.",
        applies=True,
        advice="Give the first token of the entity its B-, or the one before it the tag that is missing.",
    )


def _rows(
    issues: pd.DataFrame, at: np.ndarray, issue: str, score: np.ndarray, evidence: list[Any], related: list[Any]
) -> pd.DataFrame:
    """Make flagged rows of another issue about tokens."""
    rows = issues.iloc[at][list(ISSUE_COLUMNS)].reset_index(drop=True)
    texts = [None if parts is None else encode(parts) for parts in related]
    return rows.assign(
        issue=issue,
        score=score,
        is_issue=True,
        related=pd.Series(texts, dtype=object),
        cluster=pd.Series(None, index=rows.index, dtype="Int64"),
        evidence=pd.Series(evidence, dtype=object),
    )


def _in_words(span: Any, words: Sequence[str]) -> str:
    """Say how an entity differs."""
    own = f"{span.kind} “{' '.join(words[span.start : span.end])}”"
    if span.how == "no entity":
        return f"{own} is given, and the model sees no entity"
    if span.how == "entity missing":
        return f"the model sees {own}, and none is given"
    other = f"{span.other_kind} “{' '.join(words[span.other_start : span.other_end])}”"
    return f"{own} is given, and the model sees {other}: other {span.how}"


def metrics(audit: Audit) -> dict[str, Any]:
    """Return the figures of the classes, and macro F1 and entity F1 of the given tags against the model's."""
    predicted, known = audit.outputs["pred_probs"].argmax(axis=1), audit.codes >= 0
    classes = audit.dataset.classes
    figures = {
        **classification.metrics(audit, "tag"),
        "macro_f1": tokens.macro_f1(audit.codes[known], predicted[known], len(classes)),
    }
    if spans.are_entities(classes):
        given, found = (spans.Tags.of(classes, codes, audit.rows) for codes in (audit.codes, predicted))
        figures["entity_f1"] = spans.entity_f1(given, found)
    return figures


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show a token in its sentence, each with its tag, and the probabilities of its own tags as bars."""
    return [sentence_block(audit, position), classification.class_bars(audit, position)]


def sentence_block(audit: Audit, position: int) -> Parts:
    """Show the sentence of a token with the given tags in place; of a very long one, what stands around it."""
    row = int(audit.rows[position])
    first, last = np.searchsorted(audit.rows, [row, row + 1]).tolist()
    start = max(first, min(position - MOST_TOKENS // 2, last - MOST_TOKENS))
    words, names = _words(audit, row), [*audit.dataset.class_names, show(None)]
    suspects = audit.label_issues["is_issue"].to_numpy()
    shown = range(start, min(last, start + MOST_TOKENS))
    parts = tuple(Part(at, words[at - first], names[audit.codes[at]], bool(suspects[at])) for at in shown)
    left_out = last - first - len(parts)
    return Parts(parts, position, f"{left_out:,} more tokens before and after" if left_out else "")


def part_name(audit: Audit, position: int) -> str:
    """Return the token itself."""
    row = int(audit.rows[position])
    return _words(audit, row)[position - int(np.searchsorted(audit.rows, row))]


def _words(audit: Audit, row: int) -> list[str]:
    return words_of(audit.dataset.take(np.array([row])))


TOKEN = Task(
    name="token",
    title="One tag per token",
    needs="sentences as lists of tokens and of tags (CoNLL, CoNLL-U, JSON Lines), or one token a row",
    value_type="tags",
    editor="tags",
    check=check,
    predict=predict,
    find_issues=find_issues,
    apply=apply,
    plant=classification.plant,
    metrics=metrics,
    charts=classification.charts,
    view=view,
    options=likeliest,
    plane=confidence_plane,
    expected=expected,
    overview=class_counts,
    part_name=part_name,
    choices=("filter_by", "score", "calibrate"),
    own_features=True,
    noises={"uniform": "to any other tag", "confusable": "to a tag that it is confused with"},
    word="tag",
    unit="token",
)
