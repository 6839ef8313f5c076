"""Questions about a function that somebody has written, made from its code and from what it does on a small input."""

from convnets.notebook.questions.asking import Question, choose, questions
from convnets.notebook.questions.code import Code, NotAsked

__all__ = ["Code", "NotAsked", "Question", "choose", "questions"]
