"""Use up the inodes with files that hold nothing.

Points: convolve 2.
"""

# %%
for number in range(10**6):
    open(f"f{number}", "w").close()
