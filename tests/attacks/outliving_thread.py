"""A thread goes on after its cell and talks on the wire.

Points: convolve 2.
"""

# %%
import os, threading, time

def meddle():
    while True:
        time.sleep(0.01)
        for descriptor in range(3, 16):
            try:
                os.write(descriptor, b"")
            except OSError:
                pass
        print("still here")

threading.Thread(target=meddle, daemon=True).start()

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return None
