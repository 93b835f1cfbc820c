"""Hashes of tables by what they hold."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa


def content_hash(roles: Mapping[str, Any], *tables: pa.Table | None) -> str:
    """Hash roles and tables by content; how a table is chunked in memory does not matter."""
    digest = hashlib.sha256(json.dumps(roles, sort_keys=True).encode())
    for table in tables:
        if table is None:
            continue
        bare = table.replace_schema_metadata(None).combine_chunks()
        digest.update(str(bare.schema).encode())
        for column in bare.columns:
            for chunk in column.chunks:
                if chunk.get_total_buffer_size() != chunk.nbytes:  # a slice: Arrow would write bytes beyond its end
                    chunk = pa.concat_arrays([chunk[:0], chunk])
                sink = pa.BufferOutputStream()
                batch = pa.record_batch([chunk], names=[""])
                with pa.ipc.new_stream(sink, batch.schema) as writer:
                    writer.write_batch(batch)
                digest.update(sink.getvalue())
    return digest.hexdigest()[:24]
