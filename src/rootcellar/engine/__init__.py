"""One run: what an exporter sees becomes what the archive holds."""
