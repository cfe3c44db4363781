"""Libraries of Photos 2 to 4 (macOS 10.12 to 10.14): another database, another layout of files.

docs/decisions/0016-libraries-of-photos-4.md tells how they are read, and why so.
"""
