"""Facts about Apple's formats. Nothing here opens a file, and nothing knows an application."""
