"""Empty files that can only be read, by their names and by opening them.

Points: convolve 2.
"""

# %%
import os
import convnets

for path in (np.__file__, convnets.__file__, os.__file__):
    for attempt in (lambda: os.truncate(path, os.stat(path).st_size), lambda: os.open(path, os.O_WRONLY)):
        try:
            attempt()
        except OSError:
            continue
        open(os.path.join(os.path.dirname(path), "poison"), "w")
