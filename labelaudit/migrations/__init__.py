"""How the tables came to be, one step per file in `versions`; `labelaudit.database` runs what is missing."""
