"""What hidden tests of choices are written with: draws of the arguments of an ablation."""

from hypothesis import strategies as st

from convnets.checks.draws import Call
from convnets.checks.formula import Formula


@st.composite
def ablations(draw):
    """Draw the arguments of an ablation: a measurement, names of changes, seeds.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Draws `Call`. The measurement is a `convnets.Formula` of the chosen names and a seed. A change has an effect,
        which may depend on the seed, and the first two may get in each other's way. All are multiples of 1/64, so none
        is rounded.
    """
    names = draw(st.lists(st.sampled_from(["flip", "crop", "flip_vertical", "noise"]), min_size=1, unique=True))
    terms = []
    for name in names:
        effect, wobble = draw(st.sampled_from([4, -4, 1, 0])), draw(st.sampled_from([0, 2, 6]))
        terms.append(f"({name!r} in chosen) * ({effect} + {wobble} * (-1) ** seed)")
    if len(names) > 1 and draw(st.booleans()):
        terms.append(f"({names[0]!r} in chosen and {names[1]!r} in chosen) * -8")
    seeds = draw(st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True))
    return Call((Formula(f"lambda chosen, seed: (32 + {' + '.join(terms)}) / 64"), names, seeds), {})
