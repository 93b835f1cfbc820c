"""`labelaudit config`: every setting, its value and where it comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labelaudit.commands.options import Json
from labelaudit.errors import BadInput
from labelaudit.terminal import print_columns, print_json

if TYPE_CHECKING:
    from labelaudit.settings import Settings


def config(as_json: Json = False) -> None:
    """Show every setting, its value, and where that comes from."""
    rows = _setting_rows(read_settings())
    if as_json:
        print_json({row.pop("name"): row for row in rows})
        return
    columns = ("name", "value", "from", "variable")
    print_columns(("setting", *columns[1:]), [tuple(row[column] for column in columns) for row in rows])


def read_settings() -> Settings:
    """Read the settings.

    Raises
    ------
    BadInput
        One of them is wrong; the message names its variable.
    """
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
