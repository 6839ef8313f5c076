"""Start threads without end.

Points: convolve 2.
"""

# %%
import threading, time

try:
    for _ in range(100_000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
except (RuntimeError, MemoryError):
    pass

# %% answer="convolve2d"
def convolve2d(image, kernel):
    return None
