"""The files that put the dashboard on a server fit together: no Docker is needed to read them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
import yaml
from servers import new_database

from labelaudit.review import Decision, DecisionLog
from labelaudit.settings import settings

DEFAULT = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def compose(root: Path, **environment: str) -> dict[str, Any]:
    """What Docker reads, ``${NAME:-default}`` filled in."""
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(DEFAULT.sub(lambda name: environment.get(name[1], name[2] or ""), text))
    return found


def dockerfile(root: Path, instruction: str) -> list[str]:
    """The arguments of an instruction, each time that it stands in the Dockerfile."""
    text = (root / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return [" ".join(line.split()[1:]) for line in text.splitlines() if line.startswith(f"{instruction} ")]


def variables(root: Path) -> dict[str, str]:
    """The environment that the image sets."""
    (pairs,) = dockerfile(root, "ENV")
    return dict(pair.split("=", 1) for pair in pairs.split())


@pytest.mark.parametrize("environment", [{}, {"POSTGRES_PASSWORD": "s3cret"}], ids=["as it is", "with a password"])
def test_the_app_logs_in_to_the_database_that_compose_starts(
    root: Path, environment: dict[str, str], postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = compose(root, **environment)["services"]
    assert set(services) == {"app", "database"}
    made = services["database"]["environment"]
    assert made["POSTGRES_PASSWORD"] == environment.get("POSTGRES_PASSWORD", "labelaudit")
    for name, value in services["app"]["environment"].items():
        monkeypatch.setenv(name, str(value))
    settings.cache_clear()
    assert settings().public is False
    url = sa.make_url(settings().decisions_url())
    assert (url.get_backend_name(), url.host, url.port) == ("postgresql", "database", None)
    assert (url.username, url.password, url.database) == tuple(
        made[name] for name in ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
    )

    # As that URL has it, on a server with this user and this database.
    here = sa.make_url(new_database(postgres_server, made["POSTGRES_DB"]))
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {url.username} LOGIN PASSWORD '{url.password}'")
        connection.execute(f"ALTER DATABASE {url.database} OWNER TO {url.username}")
    try:
        reached = url.set(host=here.host, port=here.port, query=here.query)
        log = DecisionLog(reached.render_as_string(hide_password=False))
        log.append([Decision(actor="me", action="keep", id="a", fingerprint="f")])
        assert [decision.id for decision in log.read("f")] == ["a"]
    finally:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {url.database} WITH (FORCE)")
            connection.execute(f"DROP ROLE {url.username}")


def test_the_app_waits_until_the_database_answers(root: Path) -> None:
    services = compose(root)["services"]
    assert services["app"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    kind, command = services["database"]["healthcheck"]["test"]
    made = services["database"]["environment"]
    assert kind == "CMD-SHELL"
    assert command.startswith("pg_isready ")
    # Over the network: the server that runs while the database is made listens on a socket only.
    assert "--host 127.0.0.1" in command
    assert f"--username {made['POSTGRES_USER']} --dbname {made['POSTGRES_DB']}" in command


def test_the_app_is_the_image_of_the_dockerfile_with_a_driver_and_the_port_published(root: Path) -> None:
    app, image = compose(root)["services"]["app"], variables(root)
    assert (app["build"], "image" in app) == (".", False)
    assert app["ports"] == [f"8501:{image['PORT']}"]
    assert compose(root, PORT="80")["services"]["app"]["ports"] == [f"80:{image['PORT']}"]
    assert dockerfile(root, "EXPOSE") == [image["PORT"]]
    assert "requirements.txt ." in dockerfile(root, "COPY")
    assert re.search(r"^psycopg\[binary\]==", (root / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)


def test_what_has_to_last_is_on_volumes(root: Path) -> None:
    read, image = compose(root), variables(root)
    mounts = {
        service: dict(mount.split(":") for mount in read["services"][service]["volumes"])
        for service in read["services"]
    }
    assert set(mounts["app"].values()) == {image["LABELAUDIT_CACHE_DIR"], image["LABELAUDIT_ARTIFACTS_DIR"]}
    # From 18 on, the image of PostgreSQL keeps a folder for each version below this one.
    assert read["services"]["database"]["image"].startswith("postgres:18")
    assert list(mounts["database"].values()) == ["/var/lib/postgresql"]
    assert {name for mounted in mounts.values() for name in mounted} == set(read["volumes"])
