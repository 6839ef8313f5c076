"""A student's folder whose name is not UTF-8, as unzip makes of names from other systems.

Points: .
"""

def arrange(submitted, assignment, honest):
    import os

    place = os.path.join(os.fsencode(submitted), b"stud\xe9nt", os.fsencode(assignment))
    os.makedirs(place)
    with open(os.path.join(place, os.fsencode(assignment) + b".ipynb"), "wb") as file:
        file.write(honest)
