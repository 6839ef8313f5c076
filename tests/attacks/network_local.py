"""Talk to servers on the same machine.

Points: convolve 2.
"""

# %% answer="convolve2d"
import socket

def convolve2d(image, kernel):
    for family, address in ((socket.AF_INET, ("127.0.0.1", 8888)), (socket.AF_UNIX, "/var/run/docker.sock")):
        try:
            socket.socket(family).connect(address)
        except OSError:
            continue
        raise SystemError("connected")
    raise OSError("no network")
