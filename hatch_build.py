"""Puts the dashboard and the demo data into the wheel, so that `labelaudit serve` needs no clone."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Include(BuildHookInterface):  # type: ignore[type-arg]
    """Like hatch's own force-include, but an editable install gets no copies that would go stale."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files that pyproject.toml lists, unless the install is editable."""
        if version != "editable":
            build_data["force_include"].update(self.config["include"])
