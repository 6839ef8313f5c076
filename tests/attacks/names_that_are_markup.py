"""Give an error and its module names that are elements of a page.

Points: convolve 2.
"""

# %% answer="convolve2d"
def convolve2d(image, kernel):
    raise type("<img src=x onerror=window.hacked=1>", (ValueError,), {})("</pre><script>window.hacked = 1</script>")
