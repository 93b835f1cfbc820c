"""Settings: where things live and how much is said, from `LABELAUDIT_*` and `.env`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What the machine decides, as opposed to `AuditConfig`, which holds what changes the answer."""

    model_config = SettingsConfigDict(env_prefix="LABELAUDIT_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="folder in which named data sets are looked for")
    cache_dir: Path = Field(Path("cache"), description="features, probabilities and results, by content")
    artifacts_dir: Path = Field(Path("artifacts"), description="workspaces: data sets, audits, decisions")
    database_url: str = Field("", description="decision log; empty: SQLite in the artifacts folder")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("WARNING", description="how much is logged")
    public: bool = Field(False, description="serve to others: one workspace per browser or signed-in user")
    keep_hours: int = Field(24, ge=1, description="public: an unused workspace of nobody signed in is kept so long")
    workers: int = Field(0, ge=0, description="audits that run at once; 0: one per two cores")
    max_waiting: int = Field(20, ge=1, description="audits that may wait for a worker; more are refused")

    def decisions_url(self) -> str:
        """Where the decision log is: `database_url`, or SQLite in the artifacts folder."""
        return self.database_url or f"sqlite:///{self.decisions_file}"

    @property
    def decisions_file(self) -> Path:
        """Where the decision log is while no other `database_url` is set."""
        return self.artifacts_dir.resolve() / "decisions.db"


@cache
def settings() -> Settings:
    """Read the settings once per process."""
    return Settings()
