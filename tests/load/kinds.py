"""Types of the fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from labelaudit.dataset import Source

Again = Callable[[pa.Table, Source], tuple[pa.Table, Source]]
Made = Callable[[str, bytes | str], Path]
