"""Watch what is written where: other people's folders, the grader's, the temporary one.

Points: convolve 2.
"""

# %%
import ctypes
import os

libc = ctypes.CDLL(None)
watcher = libc.inotify_init1(os.O_NONBLOCK)
for place in (b"/tmp", b"/", b"..", b"/home", b"/root"):
    if watcher >= 0 and libc.inotify_add_watch(watcher, place, 0xFFF) >= 0:
        raise SystemExit("watching")
