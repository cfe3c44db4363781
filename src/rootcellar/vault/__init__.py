"""Pages of an archive in an Obsidian vault, brought up to date again and again.

The vault is a person's own: what they change, move, rename or delete there is theirs. Pages are
rendered from the archive's records; a journal in the vault remembers what was written.
"""
