"""OpenAPI documents (3.0 and 3.1) as `.gati` projects."""
