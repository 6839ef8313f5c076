"""Builds the course's notebooks, grades submissions, and writes feedback and reports."""

import sys

# nbformat imports jsonschema, which, where it finds this package, first reads the grammar of web addresses in all
# scripts. That takes longer than all else that a command does, and nothing in a notebook is held to it.
sys.modules.setdefault("rfc3987_syntax", None)
