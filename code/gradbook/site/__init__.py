"""The site part of the book: all that knows HTML, files under `site/` and (in `hooks.py` alone) MkDocs."""
