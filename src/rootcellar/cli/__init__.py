"""The command line: one module per command; the only importer of click and rich."""
