"""minimize goes nowhere; adam_step, which is wrong on purpose, goes nowhere too.

Assignment: 05-adam.
Points: adam_step 0, minimize 0.
"""

# %% answer="adam_step"
import numpy as np

def adam_step(weights, gradient, state, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    return np.zeros_like(np.asarray(weights, float)), {"m": 0, "v": 0, "t": 0}

# %% answer="minimize"
def minimize(gradient, start, steps, learning_rate):
    return np.zeros((steps + 1, np.size(start)))
