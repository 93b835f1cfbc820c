"""The support-ticket demo is what its script says it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def tickets(root: Path) -> pd.DataFrame:
    given = pd.read_csv(root / "data" / "tickets.csv", dtype=str, keep_default_na=False)
    truth = pd.read_csv(root / "data" / "tickets_truth.csv", dtype=str, keep_default_na=False)
    assert given.ticket_id.tolist() == truth.ticket_id.tolist()
    return given.assign(truth=truth.team)


def test_script_writes_the_committed_files_byte_for_byte(root: Path) -> None:
    done = subprocess.run([sys.executable, root / "data" / "make_tickets.py", "--check"], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_eight_percent_of_the_teams_are_wrong(tickets: pd.DataFrame) -> None:
    assert len(tickets) == 1200
    assert (tickets.team != tickets.truth).sum() == 96


def test_every_ticket_is_unique_and_complete(tickets: pd.DataFrame) -> None:
    assert tickets.ticket_id.is_unique
    assert tickets.body.is_unique
    assert (tickets != "").all(axis=None)
    assert not tickets.body.str.contains("[{}]", regex=True).any()


def test_teams_are_hard_but_not_hopeless_to_tell_apart(tickets: pd.DataFrame) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    accuracy = cross_val_score(model, tickets.subject + " " + tickets.body, tickets.truth, cv=folds).mean()
    assert 0.85 < accuracy < 0.93
