"""Outputs that take six times their size in a file: 36 MB of control characters and lines of nothing.

Points: convolve 2.
"""

# %%
for _ in range(60):
    print("\\x01\\n" * 90_000)
    import sys
    print("\\x01\\n" * 90_000, file=sys.stderr)
