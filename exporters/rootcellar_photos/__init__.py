"""Photos: every asset of a Photos library, read through osxphotos."""
