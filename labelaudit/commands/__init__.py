"""Commands of `labelaudit`, one module per topic; `labelaudit.cli` registers them."""
