"""Raise an error that says more than fits into a page.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    raise TypeError("<script>window.hacked = 1</script>" * 1_000_000)
