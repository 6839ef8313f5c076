"""A thread outlives its cell and writes forged replies over those of honest calls.

Points: convolve 2.
"""

# %%
import os, struct, threading, time

REPLY = b"\x81\xa5value\xc3"

def forge():
    while True:
        time.sleep(0.01)
        for descriptor in range(3, 16):
            try:
                os.write(descriptor, struct.pack(">Q", len(REPLY)) + REPLY)
            except OSError:
                pass

threading.Thread(target=forge, daemon=True).start()

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return None
