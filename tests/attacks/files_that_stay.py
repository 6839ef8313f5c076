"""Make files of the scratch folder immutable, so that they cannot be removed.

Points: convolve 2.
"""

# %%
import fcntl
import os
import struct

os.makedirs("deep/er", exist_ok=True)
for name in ("poison", "deep/poison"):
    with open(name, "w") as file:
        for flags in (0x10, 0x20, 0x40):
            try:
                fcntl.ioctl(file, 0x40086602, struct.pack("l", flags))
            except OSError:
                pass
os.chmod("deep/er", 0)
os.chmod("deep", 0)
