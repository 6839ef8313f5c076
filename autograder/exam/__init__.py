"""One submission: read it, restore its cells, run it in a sealed process, examine it, name its mistakes."""
