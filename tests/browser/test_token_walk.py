"""From sentences with a tag per token to a reviewed file that differs in those tags alone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect
from walking import Walker


def test_a_tag_that_is_changed_by_key_is_all_that_the_export_changes(
    walker: Walker, tmp_path: Path, shared_data: Path
) -> None:
    file = shared_data / "tokens" / "en_ewt-dev.HEAD.conllu"
    walker.open("/Ingest")
    walker.upload(file)
    walker.sees("2,001 rows")
    assert walker.choice("Label") == "upos"
    walker.shot("token_ingest")
    assert walker.audit() > 100
    walker.shot("token_audit")

    walker.go("Inspector")
    walker.view("One by one")
    sentence = walker.page.locator(".la-deck .la-parts")
    here = sentence.locator(".la-part.here")
    expect(here).to_have_count(1)
    walker.shot("token_inspector")
    first, suggested = here.locator("span").inner_text(), walker.looked_at()["suggested"]
    walker.key("a")
    walker.decided(1)
    expect(here).to_have_count(1)

    sentence.locator(".la-part:not(.here)").first.click()  # any token of the sentence can be opened and decided on
    walker.settle()
    assert sentence.locator(".la-part").first.get_attribute("class") is not None
    opened = here.locator("span").inner_text()
    walker.key("1")
    walker.decided(2)

    walker.go("Export")
    walker.shot("token_export")
    cleaned = walker.download("Cleaned data", tmp_path)
    before, after = (path.read_text(encoding="utf-8").split("\n") for path in (file, cleaned))
    assert cleaned.suffix == ".conllu"
    changed = [(a.split("\t"), b.split("\t")) for a, b in zip(before, after, strict=True) if a != b]
    assert (first, suggested) in [(new[1], new[3]) for _, new in changed]
    assert {new[1] for _, new in changed} <= {first, opened}
    assert all(old[:3] + old[4:] == new[:3] + new[4:] for old, new in changed)
