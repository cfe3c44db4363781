"""Snapshots: made, read, compared, restored, verified, pruned. Only `archive` writes for them."""
