"""Lets nbgrader's own commands and formgrader open this class: run them in this folder."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "default_course"
c.CourseDirectory.student_id_exclude = "README.md"

# Under stock nbgrader the hidden tests run in the learner's kernel: 30 seconds, its default, are too few for training.
c.Execute.timeout = 120
c.Execute.raise_on_iopub_timeout = True
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "WARNING|oneDNN|cuda|rebuild TensorFlow|I0000|E0000|W0000"

# What handing in late costs is kept in .autograder/late.json, when each assignment is due in the gradebook.
c.AssignLatePenalties.plugin_class = "autograder.classroom.late.LatePenalty"
