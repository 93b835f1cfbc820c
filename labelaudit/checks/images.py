"""What the properties of images tell, as cleanvision defines it."""

from __future__ import annotations

from labelaudit.checks.base import Check

IMAGE_CHECKS: dict[str, Check] = {}
