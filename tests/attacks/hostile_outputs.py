"""Show HTML, SVG, JavaScript and Markdown aimed at whoever opens the feedback.

Points: convolve 2.
"""

# %%
from IPython.display import HTML, SVG, Javascript, Markdown, display

display(HTML("<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked = 1'></svg>"))
display(Javascript("window.hacked = 1"))
display(Markdown("<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>"))
print("<script>window.hacked = 1</script>")
raise type("<script>window.hacked=1</script>", (Exception,), {})("<script>window.hacked = 1</script>")

# %% [markdown]
# <script>window.hacked = 1</script> [link](javascript:window.hacked=1) ![x](https://example.org/x.png)

# %% answer="convolve2d"
def convolve2d(image, kernel):
    raise ValueError("<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>")
