"""Assignment 1's tests are tested."""

from tests.assignment_checks import AssignmentChecks


class TestAssignment1(AssignmentChecks):
    name = "01-convolution"
    exercises = ("convolve", "convolve2d", "true_convolution2d", "sobel", "convolve2d_fast")
    points = 10
