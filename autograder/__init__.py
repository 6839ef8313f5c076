"""Builds the course's notebooks, grades submissions, and writes feedback and reports."""
