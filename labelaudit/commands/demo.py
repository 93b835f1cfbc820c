"""`labelaudit demo`: an audit of data whose wrong labels are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelaudit.commands.auditing import check_out, choices, next_steps, run_audit
from labelaudit.commands.options import Json, Out
from labelaudit.errors import did_you_mean
from labelaudit.terminal import print_columns, print_json, print_summary, say, summary

if TYPE_CHECKING:
    import numpy as np

    from labelaudit.dataset import Dataset
    from labelaudit.result import Audit


PACKAGE = Path(__file__).parent.parent


def demo(
    name: Annotated[str, typer.Argument(help="Which demo; --list names them.")] = "tickets",
    noise: Annotated[
        float | None, typer.Option(help="Share of labels to make wrong; 0.1 where the demo has no wrong ones.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the planted errors and the audit.")] = 0,
    show_list: Annotated[bool, typer.Option("--list", help="List the demos.")] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Audit a demo whose wrong labels are known, and say how many of them are found."""
    from labelaudit.load import DEMOS

    if show_list:
        entries = {demo.name: demo.what for demo in DEMOS.values()}
        if as_json:
            print_json(entries)
        else:
            print_columns(("demo", "what it is"), list(entries.items()))
        return
    if name not in DEMOS:
        raise typer.BadParameter(f"there is no demo {name!r}{did_you_mean(name, DEMOS)}", param_hint="NAME")
    config = choices(seed=seed)
    if out is not None:
        check_out(out)
    dataset, wrong = _with_known_errors(name, noise, seed)
    found, folder = run_audit(dataset, config, out)
    hits = _hits(found, wrong)
    if as_json:
        print_json({**summary(found, folder), **hits})
        return
    print_summary(found, folder, next_steps(found, folder, in_app=out is None))
    say(
        f"Known: {hits['known_errors']:,} labels are wrong on purpose; {hits['among_suspects']:,} of them are "
        f"among the suspects, and the first {hits['known_errors']:,} reviews would find "
        f"{hits['among_first_reviews']:,}."
    )


def _with_known_errors(name: str, noise: float | None, seed: int) -> tuple[Dataset, np.ndarray]:
    """Return a demo and which of its labels are wrong, shape (N,)."""
    import numpy as np

    from labelaudit.load import DEMOS, read
    from labelaudit.tasks import TASKS

    dataset = DEMOS[name].load()
    label = dataset.label_columns[0]
    truth = dataset.table
    for folder in (PACKAGE.parent / "data", PACKAGE / "data"):
        if (folder / f"{name}_truth.csv").is_file():
            truth, _ = read(folder / f"{name}_truth.csv")
    if noise is not None or truth is dataset.table:
        dataset, _ = TASKS[dataset.task].plant(dataset, 0.1 if noise is None else noise, "uniform", seed)
    pairs = zip(dataset.table[label].to_pylist(), truth[label].to_pylist(), strict=True)
    return dataset, np.array([given != right for given, right in pairs])


def _hits(found: Audit, wrong: np.ndarray) -> dict[str, int]:
    from labelaudit.noise import review_curve

    labels = found.label_issues
    wrong = wrong[found.rows]
    curve = review_curve(labels["score"].to_numpy(), wrong)
    return {
        "known_errors": int(wrong.sum()),
        "among_suspects": int((wrong & labels["is_issue"]).sum()),
        "among_first_reviews": int(curve["found"].iloc[max(1, int(wrong.sum())) - 1]),
    }
