"""Send to a socket of another process's, from one half of a pair.

Points: convolve 2.
"""

# %% answer="convolve2d"
import socket

def convolve2d(image, kernel):
    one, _other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendmsg([b"<13>I was here"], [], 0, "/dev/log")
    raise SystemError("sent")
