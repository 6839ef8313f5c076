"""A class: collect what was handed in, grade it, keep nbgrader's books, write feedback, reports and grade sheets."""
