"""What the commands that audit share: run it with its progress shown, and write the result."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import typer

from labelaudit.errors import BadInput, did_you_mean
from labelaudit.terminal import progress

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.dataset import Dataset
    from labelaudit.result import Audit


def check_out(out: Path) -> None:
    """Refuse a folder that holds anything but an audit, before any time is spent."""
    from labelaudit.result import is_other_folder

    if out.is_file():
        raise BadInput(f"--out {out} is a file; choose a folder.")
    if is_other_folder(out):
        raise BadInput(f"--out {out} is not empty and holds no audit; choose another or a new folder.")


def run_audit(dataset: Dataset, config: AuditConfig, out: Path | None, *, since: str = "") -> tuple[Audit, Path]:
    """Audit and write; without a folder, into the workspace, so that the dashboard has it too.

    Parameters
    ----------
    dataset : Dataset
    config : AuditConfig
    out : Path or None
        Folder for the result.
    since : str
        Id of the audit that it is to be compared with.
    """
    from labelaudit.audit import audit, check
    from labelaudit.estimate import estimate
    from labelaudit.heads import words
    from labelaudit.settings import settings
    from labelaudit.workspace import Workspace

    workspace = Workspace()
    check(dataset, config)
    ahead = estimate(dataset, config)
    typer.echo(f"{len(dataset):,} rows: {ahead} with {words(ahead.heads)}", err=True)
    with progress() as report:
        found = audit(dataset, config, progress=report, cache=settings().cache_dir)
    folder = out or workspace.folder / "audits" / found.id
    found.save(folder.resolve())
    if out is None:
        workspace.request(dataset, config, since=since)
    return found, folder


def choices(**chosen: Any) -> AuditConfig:
    """Check the choices; a wrong one is a usage error that names its option."""
    from pydantic import ValidationError

    from labelaudit.config import AuditConfig

    try:
        return AuditConfig(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        message = f"{first['msg'][0].lower()}{first['msg'][1:]}, not {first['input']}."
        if first["type"] == "literal_error":
            hint = did_you_mean(first["input"], get_args(AuditConfig.model_fields[name].annotation))
            message = f"there is no {first['input']!r}{hint}"
        raise typer.BadParameter(message, param_hint=f"--{name.replace('_', '-')}") from error


def next_steps(found: Audit, folder: Path, *, in_app: bool) -> str:
    """Say what to do with the result."""
    name = shlex.quote(f"{found.dataset.name}_cleaned.{found.dataset.source.format}")
    # What annotators, weighed, say less than even of is not their consensus.
    below = 0.5 if found.dataset.value_type == "votes" else 0.2
    rule = f"--accept-suggestions-below {below} " if found.manifest["counts"]["suspects"] else ""
    steps = [f"labelaudit export {shlex.quote(str(folder))} {rule}--to {name}"]
    if in_app:
        steps.insert(0, f"labelaudit serve (to review {'them' if rule else 'the lowest scores'})")
    if found.dataset.value_type == "votes":
        steps.insert(0, f"labelaudit annotators {shlex.quote(str(folder))} (who is least reliable, and whom to ask)")
    return ", or ".join(steps)
