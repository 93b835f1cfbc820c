"""The command line: load, audit, export, and a demo, without the browser."""

from __future__ import annotations

import errno
import logging
import os
import shlex
import subprocess
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.core import TyperGroup

from labelaudit import __version__
from labelaudit.commands.agreement import agreement
from labelaudit.commands.auditing import check_out, run_audit
from labelaudit.commands.bulk import State, bulk, rename_class, slices
from labelaudit.commands.progress import progress as review_progress
from labelaudit.commands.reaudit import reaudit
from labelaudit.commands.replay import replay
from labelaudit.commands.review import history, review
from labelaudit.errors import BadInput, LabelauditError, StoreError, did_you_mean
from labelaudit.files import reason
from labelaudit.terminal import print_columns, print_json, print_summary, printable, progress, say, summary

if TYPE_CHECKING:
    import numpy as np

    from labelaudit.audit import Audit, AuditConfig
    from labelaudit.dataset import Dataset
    from labelaudit.load.named import Named
    from labelaudit.settings import Settings

PACKAGE = Path(__file__).parent


class _Commands(TyperGroup):
    """Ends with 1 and one sentence where the input is bad."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (LabelauditError, MemoryError, OSError) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever reads what we print has read enough
            typer.echo(printable(_sentence(error)), err=True)
            raise typer.Exit(1) from error


def _sentence(error: LabelauditError | MemoryError | OSError) -> str:
    match error:
        case OSError():
            return f"{error.filename} can't be used ({reason(error)}); check its name and the disk."
        case MemoryError():
            return "there is not enough memory for this; audit a sample with --max-rows."
        case _:
            return str(error)


app = typer.Typer(cls=_Commands, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the result.", show_default=False)]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"labelaudit {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Find the label errors of a data set, and get a cleaned one with a record of every decision."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may not know the letters of the user's labels
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=_settings().log_level, format="%(levelname)s %(name)s: %(message)s")


# -- commands -----------------------------------------------------------------------------------


@app.command()
def audit(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH|NAME", help="A file, a folder or archive of images, a demo, a named set, or hf://owner/name."
        ),
    ],
    label: Annotated[str | None, typer.Option(help="Column of the given labels; guessed without.")] = None,
    text: Annotated[list[str] | None, typer.Option(help="Column of text; may be repeated.")] = None,
    task: Annotated[str | None, typer.Option(help="Kind of label; guessed without.")] = None,
    model: Annotated[str, typer.Option(help="Classifier, or auto.")] = "auto",
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Calibrate its probabilities.")] = False,
    filter_by: Annotated[str, typer.Option(help="Rule that flags a label.")] = "prune_by_noise_rate",
    score: Annotated[str, typer.Option(help="Label quality score that ranks.")] = "pairwise_confidence",
    folds: Annotated[int, typer.Option(help="Cross-validation folds.")] = 5,
    seed: Annotated[int, typer.Option(help="Of folds, samples and models.")] = 0,
    group: Annotated[str | None, typer.Option(help="Rows of one group share a fold.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="Column of unique ids.")] = None,
    max_rows: Annotated[int | None, typer.Option(help="Audit a sample of at most so many rows.")] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Table that names the images of a folder and their labels.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Which split of a Hugging Face data set.")] = None,
    subset: Annotated[str | None, typer.Option(help="Which subset of it.")] = None,
    embedder: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="What turns images or texts into features, or auto.")
    ] = "auto",
    device: Annotated[str, typer.Option(help="Where the embedder runs, or auto.")] = "auto",
    labels_only: Annotated[
        bool, typer.Option("--labels-only", help="Leave out neighbours, duplicates, outliers and the like.")
    ] = False,
    pred_probs: Annotated[
        list[str] | None,
        typer.Option(
            "--pred-probs",
            metavar="FILE|COLUMN",
            help="Out-of-sample probabilities that replace the model; columns may be repeated.",
        ),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            "--features", "--embeddings", metavar="FILE|COLUMN", help="Features that replace the columns of the table."
        ),
    ] = None,
    coordinates: Annotated[
        list[str] | None, typer.Option("--coordinates", metavar="FILE|COLUMN", help="Coordinates of a map.")
    ] = None,
    neighbours: Annotated[
        list[str] | None,
        typer.Option("--neighbours", metavar="FILE|COLUMN", help="Nearest neighbours: row numbers, and distances."),
    ] = None,
    folds_from: Annotated[
        list[str] | None, typer.Option("--folds-from", metavar="FILE|COLUMN", help="Folds, numbered from 0.")
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Find the labels that a model, trained without seeing them, confidently disagrees with."""
    config = _config(
        model=model,
        calibrate=calibrate,
        filter_by=filter_by,
        score=score,
        folds=folds,
        seed=seed,
        max_rows=max_rows,
        embedder=embedder,
        device=device,
        checks=not labels_only,
    )
    from labelaudit.load import load
    from labelaudit.tasks import TASKS

    if task is not None and task not in TASKS:
        raise typer.BadParameter(f"there is no {task!r}{did_you_mean(task, TASKS)}", param_hint="--task")
    if out is not None:
        check_out(out)
    _fetch(source)
    dataset = load(
        source,
        label=label,
        text=text or None,
        id=id_,
        group=group,
        task=task,
        labels=labels,
        split=split,
        subset=subset,
        pred_probs=_one_or_more(pred_probs),
        embeddings=_one_or_more(features),
        coordinates=_one_or_more(coordinates),
        neighbours=_one_or_more(neighbours),
        folds=_one_or_more(folds_from),
    )
    found, folder = run_audit(dataset, config, out)
    if as_json:
        print_json(summary(found, folder))
    else:
        print_summary(found, folder, _next_steps(found, folder, in_app=out is None))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `labelaudit audit --out` wrote.")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="The cleaned file; its ending says the format.")],
    decisions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Decisions (JSONL), from the Export page.")
    ] = None,
    accept_suggestions_below: Annotated[
        float | None, typer.Option(metavar="SCORE", help="Accept suggestions with a lower score.")
    ] = None,
    slice_: Annotated[str, typer.Option("--slice", metavar="NAME", help="Only the examples of this slice.")] = "",
    keep_original: Annotated[
        bool, typer.Option("--keep-original", help="Add a column with the label as it was.")
    ] = False,
    without_ambiguous: Annotated[
        bool, typer.Option("--without-ambiguous", help="Leave out what was said to be ambiguous.")
    ] = False,
    with_tags: Annotated[bool, typer.Option("--with-tags", help="Add a column with the tags.")] = False,
    spreadsheet_safe: Annotated[
        bool, typer.Option("--spreadsheet-safe", help="Neutralise cells that a spreadsheet would run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the cleaned data set; decisions in a file win over the rule."""
    from labelaudit.audit import Audit
    from labelaudit.decisions import Decision, accept_below
    from labelaudit.exchange import read_jsonl
    from labelaudit.export import Handover
    from labelaudit.load import write

    found = Audit.open(folder)
    _check_to(to, found.dataset)
    log: list[Decision] = []
    if accept_suggestions_below is not None:
        log += accept_below(found.issues, accept_suggestions_below, found.dataset.data_fingerprint)
    if decisions is not None:
        log += read_jsonl(decisions)
    rows = None
    if slice_:
        state = State(found)
        rows = found.rows[state.positions(state.selection({}, slice_))]
    handover = Handover(
        found, log, rows=rows, keep_original=keep_original, without_ambiguous=without_ambiguous, with_tags=with_tags
    )
    counts = handover.counts()
    write(handover.cleaned, to, spreadsheet_safe=spreadsheet_safe)
    if as_json:
        print_json({"audit": found.id, "to": str(to), "rows_written": len(handover.cleaned), **counts})
        return
    say(
        f"Relabelled {counts['relabelled']:,}, removed {counts['removed']:,} and kept {counts['kept']:,} of "
        f"{counts['rows']:,} rows; {counts['undecided'] + counts['skipped']:,} are undecided."
    )
    if counts["ambiguous"]:
        fate = "left out" if without_ambiguous else "written as they are"
        say(f"{counts['ambiguous']:,} are ambiguous and {fate}.")
    if counts["renamed"]:
        say(f"{counts['renamed']:,} have a class that was renamed or merged.")
    if found.sample:
        say(f"Only {found.sample} was audited; the others are written as they are.")
    say(f"Written: {to} ({len(handover.cleaned):,} rows)")
    if not log:
        say("Nothing was decided; see --decisions and --accept-suggestions-below.")


@app.command("map")
def map_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `labelaudit audit --out` wrote.")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="A .csv or .parquet file for id, x and y.")],
    as_json: Json = False,
) -> None:
    """Write a map: two coordinates for every audited example, so that those that are alike lie side by side."""
    import pandas as pd

    from labelaudit.audit import Audit
    from labelaudit.cache import Cache
    from labelaudit.files import replacing, writing
    from labelaudit.map import make

    if to.suffix not in (".csv", ".parquet"):
        raise BadInput(f"--to {to} does not end in .csv or .parquet; choose one of them.")
    found = Audit.open(folder)
    with progress() as report:
        places = make(found.outputs, Cache(_settings().cache_dir), report)
    table = pd.DataFrame({"id": found.dataset.ids[found.rows], "x": places[:, 0], "y": places[:, 1]})
    with writing(to), replacing(to) as file:
        (table.to_csv if to.suffix == ".csv" else table.to_parquet)(file, index=False)
    if as_json:
        print_json({"audit": found.id, "to": str(to), "rows": len(table)})
    else:
        say(f"Written: {to} ({len(table):,} rows)")


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="Which public data set; --list names them.")] = "",
    show_list: Annotated[bool, typer.Option("--list", help="List the public data sets.")] = False,
    as_json: Json = False,
) -> None:
    """Download a public data set into the data folder; `labelaudit audit NAME` then takes it from there."""
    from labelaudit.load.named import NAMED, fetch

    if show_list or not name:
        entries = {wanted.name: f"{wanted.what} ({_whereabouts(wanted)})" for wanted in NAMED.values()}
        if as_json:
            print_json(entries)
        else:
            print_columns(("data set", "what it is"), list(entries.items()))
        return
    if name not in NAMED:
        raise typer.BadParameter(f"there is no public data set {name!r}{did_you_mean(name, NAMED)}", param_hint="NAME")
    _fetch(name)
    path = fetch(NAMED[name])
    if as_json:
        print_json({"name": name, "path": str(path)})
    else:
        say(f"On this machine: {path}")
        say(f"Next: labelaudit audit {name}")


def _fetch(source: str) -> None:
    """Download a public data set that is named and not here, and say before how large it is."""
    from labelaudit.load.named import fetch, named

    found = named(source)
    if found is None or Path(source).exists() or found[0].found() is not None:
        return
    typer.echo(f"{found[0].name} has {found[0].about}; it is kept in {_settings().data_dir}", err=True)
    with progress() as report:
        fetch(found[0], report)


def _whereabouts(wanted: Named) -> str:
    return f"about {wanted.about}, downloads" if wanted.found() is None else "is on this machine"


@app.command()
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
    config = _config(seed=seed)
    if out is not None:
        check_out(out)
    dataset, wrong = _with_known_errors(name, noise, seed)
    found, folder = run_audit(dataset, config, out)
    hits = _hits(found, wrong)
    if as_json:
        print_json({**summary(found, folder), **hits})
        return
    print_summary(found, folder, _next_steps(found, folder, in_app=out is None))
    say(
        f"Known: {hits['known_errors']:,} labels are wrong on purpose; {hits['among_suspects']:,} of them are "
        f"among the suspects, and the first {hits['known_errors']:,} reviews would find "
        f"{hits['among_first_reviews']:,}."
    )


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
) -> None:
    """Start the dashboard."""
    homes = [PACKAGE.parent / "Home.py", PACKAGE / "app" / "Home.py"]
    home = next((path for path in homes if path.is_file()), None)
    if home is None:
        raise StoreError(f"the dashboard is not installed ({homes[1]} is missing); install labelaudit again.")
    command = [sys.executable, "-m", "streamlit", "run", str(home)]
    options = ["--server.port", str(port), "--server.address", host]
    raise typer.Exit(subprocess.call([*command, *options]))


@app.command()
def config(as_json: Json = False) -> None:
    """Show every setting, its value, and where that comes from."""
    rows = _setting_rows(_settings())
    if as_json:
        print_json({row.pop("name"): row for row in rows})
        return
    columns = ("name", "value", "from", "variable")
    print_columns(("setting", *columns[1:]), [tuple(row[column] for column in columns) for row in rows])


for command in (agreement, bulk, history, reaudit, rename_class, replay, review, slices):
    app.command()(command)
app.command("progress")(review_progress)


def _one_or_more(texts: list[str] | None) -> str | list[str] | None:
    """A file, a column or a prefix is one text; several are columns."""
    return texts[0] if texts and len(texts) == 1 else texts or None


# -- settings and choices -----------------------------------------------------------------------


def _settings() -> Settings:
    from pydantic import ValidationError

    from labelaudit.settings import settings

    try:
        return settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = f"LABELAUDIT_{first['loc'][0]}".upper()
        problem = first["msg"][0].lower() + first["msg"][1:]
        raise BadInput(f"the setting {variable} is {first['input']!r}: {problem}; correct it or unset it.") from error


def _setting_rows(settings: Settings) -> list[dict[str, str]]:
    from dotenv import dotenv_values

    in_environment = {name.upper() for name in os.environ}
    in_file = {name.upper() for name in dotenv_values(".env")}
    rows = []
    for name, field in type(settings).model_fields.items():
        variable = f"LABELAUDIT_{name}".upper()
        origin = "environment" if variable in in_environment else ".env" if variable in in_file else "default"
        value = _without_password(settings.database_url) if name == "database_url" else getattr(settings, name)
        rows.append(
            {
                "name": name,
                "value": str(value),
                "variable": variable,
                "from": origin,
                "description": field.description or "",
            }
        )
    return rows


def _without_password(url: str) -> str:
    from urllib.parse import urlsplit

    password = urlsplit(url).password
    return url.replace(f":{password}@", ":***@") if password else url


def _config(**choices: Any) -> AuditConfig:
    """Check the choices; a wrong one is a usage error that names its option."""
    from pydantic import ValidationError

    from labelaudit.audit import AuditConfig

    try:
        return AuditConfig(**choices)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        message = f"{first['msg'][0].lower()}{first['msg'][1:]}, not {first['input']}."
        if first["type"] == "literal_error":
            hint = did_you_mean(first["input"], get_args(AuditConfig.model_fields[name].annotation))
            message = f"there is no {first['input']!r}{hint}"
        raise typer.BadParameter(message, param_hint=f"--{name.replace('_', '-')}") from error


# -- audits -------------------------------------------------------------------------------------


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


def _next_steps(found: Audit, folder: Path, *, in_app: bool) -> str:
    name = shlex.quote(f"{found.dataset.name}_cleaned.{found.dataset.source.format}")
    command = f"labelaudit export {shlex.quote(str(folder))} --accept-suggestions-below 0.2 --to {name}"
    return f"labelaudit serve (to review them), or {command}" if in_app else command


def _check_to(to: Path, dataset: Dataset) -> None:
    """Refuse to write over the file that was audited."""
    audited = Path(dataset.provenance.get("path", ""))
    if to.is_file() and audited.is_file() and to.samefile(audited):
        raise BadInput(f"--to {to} is the file that was audited; choose another name, so that the original stays.")


if __name__ == "__main__":
    app()
