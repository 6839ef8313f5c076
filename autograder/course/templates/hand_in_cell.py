# Run this cell last: it tries the whole notebook, from the top, and says how to hand it in.
import convnets

convnets.hand_in("ASSIGNMENT")
