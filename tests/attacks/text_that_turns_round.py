"""Print marks that turn the direction of writing, clear the screen and hide what follows.

Points: convolve 2.
"""

# %%
print("\u202e\u2066\u2069" * 20_000, "\x1b[2J\x1b[8m\x1b]0;graded\x07" * 20_000, "\u0000\ufffe\uffff")
