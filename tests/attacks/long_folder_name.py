"""A student's folder with a name of 250 bytes, which leaves no room for what is made of it.

Points: .
"""

def arrange(submitted, assignment, honest):
    place = submitted / ("é" * 125) / assignment
    place.mkdir(parents=True)
    (place / f"{assignment}.ipynb").write_bytes(honest)
