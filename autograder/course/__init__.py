"""The course as text: read the sources, check them, and make from them what learners get."""
