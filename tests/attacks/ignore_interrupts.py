"""Catch every interrupt and never end.

Points: convolve 2.
"""

# %% answer="convolve2d"
import signal

def convolve2d(image, kernel):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
