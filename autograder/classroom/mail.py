"""Feedback by e-mail: a file for each message, to be looked at, or to be sent by a server."""

import csv
import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid, parseaddr
from pathlib import Path

from autograder.classroom.feedback import points
from autograder.classroom.records import read_records
from autograder.course.atomic import write_atomically
from autograder.course.source import AssignmentError


def read_addresses(path):
    """Read who has which address.

    Parameters
    ----------
    path : path-like
        A table without or with a head: the student, as the folder in ``submitted`` is called, and the address.

    Returns
    -------
    dict of str to str

    Raises
    ------
    AssignmentError
        When it cannot be read, or a line has no address.

    Examples
    --------
    >>> from pathlib import Path
    >>> from autograder.classroom.mail import read_addresses
    >>> _ = Path("addresses.csv").write_text("student;address\\nada;Ada Lovelace <ada@example.org>\\n")
    >>> read_addresses("addresses.csv")
    {'ada': 'ada@example.org'}
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{path} cannot be read as a table of addresses: {error}") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    found = {}
    for number, row in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), start=1):
        if not any(row):
            continue
        address = parseaddr(row[1])[1] if len(row) > 1 else ""
        if "@" in address:
            found[row[0].strip()] = address
        elif number > 1:
            raise AssignmentError(f"{path}, line {number}: {','.join(row)} names no address.")
    return found


def messages(folder, assignment, addresses, sender):
    """Make a message with the feedback page for each student who has an address.

    Parameters
    ----------
    folder : path-like
        The class's folder, graded.
    assignment : str
    addresses : dict of str to str
        By student.
    sender : str

    Returns
    -------
    (dict of str to email.message.EmailMessage, list of str)
        By student; and who has no address or no page.

    Raises
    ------
    AssignmentError
        When nothing of the assignment is graded.

    Examples
    --------
    >>> from autograder.classroom.mail import messages
    >>> from autograder.classroom.records import Record
    >>> from autograder.course.atomic import write_atomically
    >>> for student in ("ada", "ben"):
    ...     Record(student, "01-convolution", 6.5, 8).write("class")
    ...     write_atomically(f"class/feedback/{student}/01-convolution/01-convolution.html", "<p>Well done.")
    >>> made, left_out = messages("class", "01-convolution", {"ada": "ada@example.org"}, "teacher@example.org")
    >>> made["ada"]["Subject"], left_out
    ('01-convolution: 6.5 of 8 points', ['ben'])
    """
    records = read_records(folder, assignment)
    if not records:
        raise AssignmentError(f"Nothing of {assignment} is graded in {folder}. Grade it first.")
    made, left_out = {}, []
    for record in records:
        place = Path(folder, "feedback", record.student, assignment)
        page, text = place / f"{assignment}.html", place / f"{assignment}.md"
        if record.student not in addresses or not page.is_file():
            left_out.append(record.student)
            continue
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"] = sender, addresses[record.student]
        message["Subject"] = f"{assignment}: {points(record.score)} of {points(record.max_score)} points"
        message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or None)
        message.set_content(text.read_text(encoding="utf-8") if text.is_file() else f"See {page.name}.")
        message.add_attachment(page.read_text(encoding="utf-8"), subtype="html", filename=page.name)
        made[record.student] = message
    return made, left_out


def write(folder, assignment, made):
    """Write messages to ``export/mail`` in the class's folder, one a file, as mail programs open them.

    Parameters
    ----------
    folder : path-like
    assignment : str
    made : dict of str to email.message.EmailMessage
        By student.

    Returns
    -------
    pathlib.Path
        The folder they are in.

    Examples
    --------
    >>> from email.message import EmailMessage
    >>> from autograder.classroom.mail import write
    >>> message = EmailMessage()
    >>> message["To"] = "ada@example.org"
    >>> place = write("class", "01-convolution", {"ada": message})
    >>> [path.as_posix() for path in place.iterdir()]
    ['class/export/mail/01-convolution/ada.eml']
    """
    place = Path(folder, "export", "mail", assignment)
    for student, message in made.items():
        write_atomically(place / f"{student}.eml", bytes(message))
    return place


def send(made, server, user=None, password=None):
    """Send messages by a server, encrypted.

    Parameters
    ----------
    made : dict of str to email.message.EmailMessage
        By student.
    server : str
        Host and port, as mail.example.org:587.
    user, password : str, optional
        To log in with.

    Yields
    ------
    (str, str or None)
        Each student, and why the message was not sent, if it was not.

    Raises
    ------
    ConnectionError
        When the server cannot be reached or refuses the login; then nothing has been sent.
    """
    host, _, port = server.partition(":")
    try:
        connection = smtplib.SMTP(host, int(port or 587), timeout=30)
        connection.starttls()
        if user:
            connection.login(user, password or "")
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise ConnectionError(f"Nothing was sent: {server} says {error}") from None
    with connection:
        for student, message in made.items():
            try:
                connection.send_message(message)
                yield student, None
            except (OSError, smtplib.SMTPException) as error:
                yield student, str(error)
