"""What is run beside grading: the catalogue of answers, checks of a change, the bench, the doctor."""
