"""Faults that somebody could make, and the tests that should find them."""

from typing import NamedTuple


class Fault(NamedTuple):
    """A change that makes the project worse.

    Attributes
    ----------
    name : str
        What goes wrong, in a few words with hyphens.
    path : str
        The file, from the root.
    old, new : str
        What stands there, once, and what it becomes.
    tests : tuple of str
        What pytest is told to run.
    nightly : bool
        Whether only `make test-all` runs what finds it.
    released : bool
        Whether the notebooks are made anew where the file is one that they are made by; not where that takes too long.
    """

    name: str
    path: str
    old: str
    new: str
    tests: tuple
    nightly: bool = False
    released: bool = True


FAULTS = [
    # ------------------------------------------------------------ the grader
    Fault(
        "time-in-an-archive-is-passed-over",
        "autograder/classroom/collect.py",
        "extra = extra[4 + size :]",
        "extra = extra[size:]",
        ("tests/classroom/test_collect.py",),
    ),
    Fault(
        "people-of-one-name-are-one",
        "autograder/classroom/collect.py",
        "(kept.system, kept.id) != (found.lms.system, found.lms.id)",
        "kept.system != found.lms.system",
        ("tests/classroom/test_lms.py",),
    ),
    Fault(
        "folder-of-dots",
        "autograder/classroom/collect.py",
        '.strip(" ._")',
        ".strip()",
        ("tests/classroom/test_collect.py",),
    ),
    Fault(
        "file-that-was-replaced-is-lost",
        "autograder/classroom/collect.py",
        "        changes.keep_older(before, assignment)",
        "        pass",
        ("tests/classroom/test_collect.py",),
    ),
    Fault(
        "oldest-of-several-notebooks",
        "autograder/classroom/files.py",
        "path = max(notebooks, key=",
        "path = min(notebooks, key=",
        ("tests/classroom/test_grade.py", "-k", "newest_of_several"),
    ),
    Fault(
        "first-day-late-is-free",
        "autograder/classroom/late.py",
        "math.ceil(self._counted",
        "math.floor(self._counted",
        ("tests/classroom/test_late.py", "-k", "day_begun"),
    ),
    Fault(
        "namesake-gets-anothers-grade",
        "autograder/classroom/lms.py",
        'entry for entry in entries if not entry["origin"]}',
        "entry for entry in entries}",
        ("tests/classroom/test_lms.py",),
    ),
    Fault(
        "slow-submission-is-called-a-crash",
        "autograder/classroom/report.py",
        "kinds - {TIMED_OUT}",
        "kinds",
        ("tests/classroom/test_report.py", "-k", "flags"),
    ),
    Fault(
        "first-of-two-answers-counts",
        "autograder/exam/restore.py",
        "home[answer] = chosen[-1]",
        "home[answer] = chosen[0]",
        ("tests/exam/test_restore.py", "-k", "answer"),
    ),
    Fault(
        "array-that-cannot-be-written-to",
        "autograder/exam/codec.py",
        "np.frombuffer(bytearray(raw), dtype)",
        "np.frombuffer(raw, dtype)",
        ("tests/exam/test_codec.py",),
    ),
    Fault(
        "slow-reader-is-taken-for-a-closed-connection",
        "autograder/exam/wire.py",
        """        except TimeoutError:
            raise Deadline from None
""",
        "",
        ("tests/exam/test_wire.py",),
    ),
    Fault(
        "no-limit-on-processor-time",
        "autograder/exam/sandbox.py",
        """        ("RLIMIT_CPU", limits.cpu_seconds),
""",
        "",
        ("tests/exam/test_sandbox.py", "-k", "limited"),
    ),
    Fault(
        "datagrams-may-be-sent",
        "autograder/exam/seccomp.py",
        "step(_JUMP_SET, 2, 0, 1), deny, step(_RETURN, _ALLOW)]",
        "step(_JUMP_SET, 1, 0, 1), step(_RETURN, _ALLOW), step(_RETURN, _ALLOW)]",
        ("tests/exam/test_sandbox.py", "-k", "attempt_fails"),
    ),
    Fault(
        "decorated-functions-count-as-mere-definitions",
        "autograder/exam/process.py",
        "(isinstance(statement, ast.FunctionDef) and not statement.decorator_list)",
        "isinstance(statement, ast.FunctionDef)",
        ("tests/exam/test_sandbox.py", "-k", "decorator"),
    ),
    Fault(
        "data-may-be-linked-to",
        "autograder/classroom/feedback.py",
        "return value if _LINK.match(value) else None",
        "return value",
        ("tests/classroom/test_feedback.py", "-k", "cleaned"),
    ),
    Fault(
        "result-is-kept-whatever-the-rules",
        "autograder/exam/kit.py",
        "[asdict(kit), asdict(rules)]",
        "[asdict(kit)]",
        ("tests/exam/test_room.py", "-k", "depends"),
    ),
    Fault(
        "fault-of-a-test-is-the-learners",
        "autograder/exam/run_test.py",
        'return not isinstance(self.error, told) and not getattr(self.error, "learners", False)',
        "return False",
        ("tests/exam/test_room.py", "-k", "test_that"),
    ),
    Fault(
        "attempt-under-another-name-is-not-seen",
        "autograder/classroom/suspicions.py",
        "self.modules[alias.asname or alias.name] = name",
        "self.modules[alias.name] = name",
        ("tests/classroom/test_suspicions.py", "-k", "attempts"),
    ),
    Fault(
        "what-many-wrote-is-called-a-copy",
        "autograder/classroom/similarity.py",
        "usual | set(starter)",
        "set(starter)",
        ("tests/classroom/test_similarity.py",),
    ),
    Fault(
        "catalogue-forgets-the-alternatives",
        "autograder/tools/catalogue_page.py",
        "*own.misconceptions, *own.alternatives]",
        "*own.misconceptions]",
        ("tests/tools/test_catalogue_page.py", "-k", "another"),
    ),
    # ------------------------------------------------------------ checks
    Fault(
        "result-may-be-the-one-before",
        "convnets/checks/outcomes.py",
        "if not said and rules.fresh and outcome.reused:",
        "if not said and rules.fresh and outcome.shares:",
        ("tests/checks/test_agreement.py", "-k", "memory"),
    ),
    Fault(
        "loop-over-a-few-hundred-pixels-is-none",
        "convnets/checks/cost.py",
        "> steps[0] // 2 + 100:",
        "> 2 * steps[0] + 10_000:",
        ("tests/checks/test_agreement.py", "-k", "loop"),
    ),
    Fault(
        "small-integers-are-not-drawn",
        "convnets/checks/draws.py",
        """        whole.map(lambda array: array.astype(smallest)),
""",
        "",
        ("tests/checks/test_agreement.py",),
    ),
    Fault(
        "any-error-is-a-refusal",
        "convnets/checks/values.py",
        "isinstance(outcome.error, error) and str(outcome.error).strip()",
        "outcome.error is not None and str(outcome.error).strip()",
        ("tests/checks/test_values.py",),
    ),
    Fault(
        "whole-numbers-will-do",
        "convnets/checks/compare.py",
        'if expected.dtype.kind == "f" and result.dtype.kind != "f":',
        'if expected.dtype.kind == "f" and result.dtype.kind == "c":',
        ("tests/checks/test_values.py",),
    ),
    Fault(
        "change-of-type-is-no-change",
        "convnets/checks/calls.py",
        """            and first.dtype == second.dtype
""",
        "",
        ("tests/checks/test_calls.py",),
    ),
    Fault(
        "frozen-weights-are-not-looked-at",
        "convnets/checks/networks/hidden.py",
        '("trainable", [trainable for _shape, trainable in told["weights"]], ',
        '("trainable", [], ',
        ("tests/checks/test_networks.py", "-k", "what_is_wrong"),
    ),
    Fault(
        "trained-weights-are-not-compared",
        "convnets/checks/compiling/hidden.py",
        'yield Seen(f"weights in the end {number}", after, lambda *_, ends=ends: ends)',
        "pass",
        ("tests/checks/test_compiling.py", "-k", "what_is_wrong"),
    ),
    Fault(
        "images-that-are-left-out-are-not-missed",
        "convnets/checks/training/hidden.py",
        """    if unused.any():
        last""",
        """    if unused.sum() > _COUNT // 2:
        last""",
        ("tests/checks/test_training.py", "-k", "what_is_wrong"),
    ),
    Fault(
        "shares-of-classes-may-be-far-off",
        "convnets/checks/folders/hidden.py",
        "if abs(here - wanted) > 1:",
        "if abs(here - wanted) > 4:",
        ("tests/test_exercises.py", "-k", "lose_points and 06-loaders-split"),
    ),
    Fault(
        "bound-of-chance-is-too-wide",
        "convnets/checks/chance/visible.py",
        "math.log(2 / _UNLIKELY) / (2 * count)",
        "math.log(2 / _UNLIKELY) / count**0.5",
        ("tests/test_assignment_07.py", "-k", "bounds"),
    ),
    Fault(
        "modesty-is-dishonest",
        "convnets/checks/project/hidden.py",
        "abs(claim - accuracy) > _NEAR",
        "claim - accuracy > _NEAR",
        ("tests/test_assignment_09.py", "-k", "claim"),
    ),
    Fault(
        "last-line-is-called-the-first",
        "convnets/checks/patterns.py",
        "'first' if lines[0] == 0 else 'last'",
        "'last' if lines[0] == 0 else 'first'",
        ("tests/checks/test_patterns.py",),
    ),
    Fault(
        "chance-passes-for-a-property",
        "convnets/checks/conditions.py",
        "_UNLIKELY = 1e-5",
        "_UNLIKELY = 0.5",
        ("tests/checks/test_conditions.py",),
    ),
    Fault(
        "any-import-behind-gives-a-name-another-meaning",
        "autograder/exam/submission.py",
        "if (name, whole) not in known)",
        "if whole not in known)",
        ("tests/exam/test_restore.py", "-k", "import"),
    ),
    Fault(
        "follow-through-for-a-constant",
        "convnets/checks/follow_through.py",
        "if sum(telling) < len(telling) / 4 or all(difference(each, values[0], rtol, atol) is None for each in values):"
        "\n        return None",
        "",
        ("tests/checks/test_follow_through.py", "-k", "constant"),
    ),
    # ------------------------------------------------------------ release
    Fault(
        "alternatives-are-given-to-learners",
        "autograder/course/generate.py",
        "{MISCONCEPTION, ALTERNATIVE, HINT}",
        "{MISCONCEPTION, HINT}",
        ("tests/course/test_release.py", "-k", "released or gone"),
    ),
    Fault(
        "check-knows-the-hidden-tests",
        "autograder/course/release.py",
        "        tests = [Test(name, cells[name].metadata.nbgrader.points, cells[name].source) for name in names]",
        "        tests = [Test(n, cells[n].metadata.nbgrader.points, t.source) for n, t in zip(names, exercise.tests)]",
        ("tests/course/test_release.py",),
        released=False,  # the orders of all warm-ups would be tried with the hidden tests
    ),
    Fault(
        "hint-may-give-a-line-away",
        "autograder/course/lint.py",
        "if len(line.strip()) > 20}",
        "if len(line.strip()) > 200}",
        ("tests/course/test_release.py", "-k", "hint"),
    ),
    Fault(
        "signature-may-stand-in-the-solution",
        "autograder/course/lint.py",
        "if released is None or ast.dump(released.args) != ast.dump(functions[name].args):",
        "if released is None:",
        ("tests/course/test_release.py", "-k", "broken_rule"),
    ),
    Fault(
        "picture-without-words",
        "autograder/course/markdown.py",
        """    if not alternative:
        raise""",
        """    if alternative is None:
        raise""",
        ("tests/course/test_markdown.py",),
    ),
    Fault(
        "equation-is-linked-as-a-section",
        "autograder/course/pages.py",
        'f"equation-{_anchor(match[1])}"',
        "_anchor(match[1])",
        ("tests/course/test_markdown.py",),
    ),
    Fault(
        "right-answers-of-the-class-are-published",
        "autograder/course/publish.py",
        '"autograder", "book",',
        '"autograder", "book", "classroom",',
        ("tests/course/test_publish.py", "-k", "listed"),
    ),
    # ------------------------------------------------------------ the learner's package
    Fault(
        "first-hint-is-passed-over",
        "convnets/notebook/check.py",
        "min(_given[found.name] + 1, len(found.hints))",
        "min(_given[found.name] + 2, len(found.hints))",
        ("tests/notebook/test_check.py", "-k", "hints_come"),
    ),
    Fault(
        "exit-in-an-answer-ends-the-session",
        "convnets/notebook/exercises.py",
        "except BaseException as error:",
        "except Exception as error:",
        ("tests/notebook/test_check.py", "-k", "verdict or exit"),
    ),
    Fault(
        "some-notebook-of-several",
        "convnets/notebook/file.py",
        "return found[0] if len(found) == 1 else None",
        "return found[0] if found else None",
        ("tests/notebook/test_hand_in.py", "-k", "file"),
    ),
    Fault(
        "cells-that-are-alike-are-out-of-order",
        "convnets/notebook/file.py",
        " and often[s] == 1]",
        "]",
        ("tests/notebook/test_hand_in.py", "-k", "alike"),
    ),
    Fault(
        "classes-by-chance",
        "convnets/data/images.py",
        "stratify=labels, random_state=seed",
        "random_state=seed",
        ("tests/data/test_images.py", "-k", "split"),
    ),
    Fault(
        "window-is-drawn-elsewhere",
        "convnets/plots.py",
        "(left - 0.5, top - 0.5), wide, tall",
        "(top - 0.5, left - 0.5), wide, tall",
        ("tests/test_plots.py",),
    ),
    # ------------------------------------------------------------ exercises
    Fault(
        "nothing-asks-for-weights",
        "solutions/01-convolution.md",
        "rejects(convolve, right, [1, 2, 3], [])\n",
        "",
        ("tests/test_exercises.py", "-k", "lose_points and 01-convolution-convolve"),
    ),
    Fault(
        "wrong-answer-is-right",
        "solutions/01-convolution.md",
        "for k in range(len(sequence) - len(weights)):",
        "for k in range(len(sequence) - len(weights) + 1):",
        ("tests/test_exercises.py", "-k", "lose_points and 01-convolution-convolve"),
    ),
    Fault(
        "momentum-is-always-the-same",
        "solutions/05-adam.md",
        "momentum=[0.5, 0.0, 0.99])\nagrees(",
        ")\nagrees(",
        ("tests/test_exercises.py", "-k", "vary_every and 05-adam-momentum_step"),
    ),
    Fault(
        "no-more-than-three-turns",
        "solutions/07-augmentation.md",
        "agrees(rotate90, right, pictures(times=[1, 2, 3, 0, 4, 5, 7, 10]), values_only=True)",
        "agrees(rotate90, right, pictures(times=[1, 2, 3, 0]), values_only=True)",
        ("tests/test_exercises.py", "-k", "lose_points and 07-augmentation-rotate90"),
    ),
    # ------------------------------------------------------------ figures
    Fault(
        "padding-on-the-wrong-side",
        "convnets/figures/web/conv-math.js",
        "[Math.floor(total / 2), total - Math.floor(total / 2)]",
        "[Math.ceil(total / 2), total - Math.ceil(total / 2)]",
        ("tests/figures/test_conv_explorer.py", "-k", "numpy"),
    ),
    Fault(
        "gradient-to-the-last-of-equal-maxima",
        "convnets/figures/web/pool-math.js",
        "cell === window.largest[0] ?",
        "cell === window.largest.at(-1) ?",
        ("tests/figures/test_pool_explorer.py", "-k", "numpy"),
    ),
    Fault(
        "field-without-its-padding",
        "convnets/figures/web/field-math.js",
        "offset: offset + step * (reach / 2 - padding)",
        "offset: offset + step * (reach / 2)",
        ("tests/figures/test_receptive_field.py", "-k", "numpy"),
    ),
    Fault(
        "adam-is-corrected-one-step-late",
        "convnets/figures/web/optim-math.js",
        "const second = 1 - beta_2 ** t;",
        "const second = 1 - beta_2 ** (t + 1);",
        ("tests/figures/test_optimizer_race.py",),
    ),
    Fault(
        "halves-are-rounded-up",
        "convnets/figures/web/augment-math.js",
        "(number % 1 === 0.5 ? 2 * Math.round(number / 2) : Math.round(number))",
        "Math.round(number)",
        ("tests/figures/test_augment_lab.py",),
    ),
    Fault(
        "figure-stands-on-its-page-twice",
        "book/_ext/figures.py",
        "                output.parent.remove(output)\n",
        "",
        ("tests/figures/test_in_the_book.py", "-k", "has_computed and keeps"),
    ),
    Fault(
        "pages-of-another-process-are-forgotten",
        "book/_ext/figures.py",
        "for docname in docnames})",
        "for docname in docnames if docname in pages(env)})",
        ("tests/figures/test_in_the_book.py", "-k", "another_process"),
    ),
]
