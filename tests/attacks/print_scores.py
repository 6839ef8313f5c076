"""Print and return what looks like partial credit.

Points: convolve 2.
"""

# %%
print(10)
10

# %%
float("nan")

# %% answer="convolve2d"
def convolve2d(image, kernel):
    print(2)
    return 2
2
