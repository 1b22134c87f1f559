"""`.gati` text to syntax and diagnostics. Knows nothing of meaning."""
