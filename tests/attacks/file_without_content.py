"""A file of 3 GB without content, and a pipe where the time of handing in stands.

Points: .
"""

def arrange(submitted, assignment, honest):
    import os

    place = submitted / "sparse" / assignment
    place.mkdir(parents=True)
    with open(place / f"{assignment}.ipynb", "wb") as file:
        file.truncate(3 * 2**30)
    os.mkfifo(place / "timestamp.txt")
