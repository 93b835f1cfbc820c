"""The command line: load, audit, export, and a demo, without the browser."""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from labelaudit import __version__
from labelaudit.commands.agreement import agreement
from labelaudit.commands.annotators import annotators
from labelaudit.commands.auditing import check_out, choices, next_steps, run_audit
from labelaudit.commands.bulk import State, bulk, rename_class, slices
from labelaudit.commands.config import config, read_settings
from labelaudit.commands.decided import decided
from labelaudit.commands.demo import demo
from labelaudit.commands.map import map_
from labelaudit.commands.options import Decisions, Dir, Json, Out
from labelaudit.commands.progress import progress as review_progress
from labelaudit.commands.reaudit import reaudit
from labelaudit.commands.replay import replay
from labelaudit.commands.review import history, review
from labelaudit.commands.sets import download, fetch_named
from labelaudit.errors import BadInput, LabelauditError, StoreError, did_you_mean
from labelaudit.files import reason
from labelaudit.terminal import print_json, print_summary, printable, say, summary
from labelaudit.text import count_of

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset

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
    logging.basicConfig(level=read_settings().log_level, format="%(levelname)s %(name)s: %(message)s")


# -- commands -----------------------------------------------------------------------------------


@app.command()
def audit(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH|NAME", help="A file, a folder or archive of images, a demo, a named set, or hf://owner/name."
        ),
    ],
    label: Annotated[
        list[str] | None, typer.Option(help="Column of the given labels, guessed without; several may be repeated.")
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="Column of text; may be repeated.")] = None,
    task: Annotated[
        str | None, typer.Option(help="Kind of label: classification, unless the file says otherwise.")
    ] = None,
    label_option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="How the labels are written: separator=;, layer=xpos …"),
    ] = None,
    model: Annotated[str, typer.Option(help="Classifier, or auto.")] = "auto",
    calibrate: Annotated[bool, typer.Option("--calibrate", help="Calibrate its probabilities.")] = False,
    consensus: Annotated[
        str, typer.Option(help="Of several annotators: auto, majority, dawid_skene, glad (slow) or crowdlab.")
    ] = "auto",
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
    predictions: Annotated[
        list[str] | None,
        typer.Option(
            "--predictions",
            metavar="FILE|COLUMN",
            help="Out-of-sample predictions of numbers, which replace the model.",
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
    config = choices(
        model=model,
        calibrate=calibrate,
        consensus=consensus,
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
    fetch_named(source)
    dataset = load(
        source,
        label=label,
        text=text or None,
        id=id_,
        group=group,
        task=task,
        label_options=_named_values(label_option),
        labels=labels,
        split=split,
        subset=subset,
        pred_probs=_one_or_more(pred_probs),
        predictions=_one_or_more(predictions),
        embeddings=_one_or_more(features),
        coordinates=_one_or_more(coordinates),
        neighbours=_one_or_more(neighbours),
        folds=_one_or_more(folds_from),
    )
    found, folder = run_audit(dataset, config, out)
    if as_json:
        print_json(summary(found, folder))
    else:
        print_summary(found, folder, next_steps(found, folder, in_app=out is None))


@app.command()
def export(
    folder: Dir,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The cleaned file; its ending says the format.")],
    decisions: Decisions = None,
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
    """Write the cleaned data set: with the decisions in this workspace, or in a file; they win over the rule."""
    from labelaudit.decisions import accept_below
    from labelaudit.export import Handover, applied
    from labelaudit.load import write
    from labelaudit.result import Audit
    from labelaudit.tasks import TASKS

    found = Audit.open(folder)
    _check_to(to, found.dataset)
    log = theirs = decided(found, decisions)
    if accept_suggestions_below is not None:
        log = accept_below(found.issues, accept_suggestions_below, found.dataset.data_fingerprint) + theirs
    rows = None
    if slice_:
        state = State(found)
        rows = found.rows[state.positions(state.selection({}, slice_))]
    handover = Handover(
        found, log, rows=rows, keep_original=keep_original, without_ambiguous=without_ambiguous, with_tags=with_tags
    )
    counts, unit = handover.counts(), "row" if found.is_whole else TASKS[found.dataset.task].unit
    write(handover.cleaned, to, spreadsheet_safe=spreadsheet_safe)
    if as_json:
        source = "workspace" if decisions is None else str(decisions)
        told = {"decisions": applied(theirs), "decisions_from": source}
        print_json({"audit": found.id, "to": str(to), "rows_written": len(handover.cleaned), **counts, **told})
        return
    if decisions is None and (number := applied(theirs)):
        say(f"{number:,} decision{' of this workspace is' if number == 1 else 's of this workspace are'} applied.")
    say(
        f"Relabelled {counts['relabelled']:,}, removed {counts['removed']:,} and kept {counts['kept']:,} of "
        f"{count_of(counts['labels'], unit)}; {counts['undecided'] + counts['skipped']:,} are undecided, "
        f"{handover.fate}."
    )
    if counts["ambiguous"]:
        fate = "left out" if without_ambiguous else "written as they are"
        say(f"{counts['ambiguous']:,} are ambiguous and {fate}.")
    if counts["renamed"]:
        say(f"{counts['renamed']:,} have a class that was renamed or merged.")
    if found.sample:
        say(f"Only {found.sample} was audited; the others are {handover.fate}.")
    say(f"Written: {to} ({len(handover.cleaned):,} rows)")
    if handover.changes.empty:
        say(f"Nothing was changed. {handover.unchanged}")
    if not log:
        say("Nothing was decided; see labelaudit serve, --decisions and --accept-suggestions-below.")


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


for command in (
    agreement,
    annotators,
    bulk,
    config,
    demo,
    download,
    history,
    reaudit,
    rename_class,
    replay,
    review,
    slices,
):
    app.command()(command)
app.command("map")(map_)
app.command("progress")(review_progress)


def _named_values(given: list[str] | None) -> dict[str, str]:
    values = dict(text.split("=", 1) for text in given or () if "=" in text)
    if len(values) != len(given or ()):
        raise typer.BadParameter(f"{given} should be NAME=VALUE, each name once.", param_hint="--label-option")
    return values


def _one_or_more(texts: list[str] | None) -> str | list[str] | None:
    """A file, a column or a prefix is one text; several are columns."""
    return texts[0] if texts and len(texts) == 1 else texts or None


def _check_to(to: Path, dataset: Dataset) -> None:
    """Refuse to write over the file that was audited."""
    audited = Path(dataset.provenance.get("path", ""))
    if to.is_file() and audited.is_file() and to.samefile(audited):
        raise BadInput(f"--to {to} is the file that was audited; choose another name, so that the original stays.")


if __name__ == "__main__":
    app()
