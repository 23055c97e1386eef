"""Reads mails with Python's own parser under its strict policy and prints what it understood, as JSON.

A foreign judge: nothing here knows how the library writes. Usage: judge_mail.py FILE...
"""
import base64
import email
import email.policy
import email.utils
import json
import re
import sys
from email.header import decode_header, make_header

POLICY = email.policy.SMTP.clone(raise_on_defect=True)  # email.policy.strict, with CRLF


def shape(part):
    if not part.is_multipart():
        return part.get_content_type()
    inner = ",".join(shape(child) for child in part.get_payload())
    return f"{part.get_content_subtype()}({inner})"


def addresses(message, old, name, faults):
    """Names and addresses by both of Python's parsers, which must agree.

    The new one puts a space between adjacent encoded words of a name (gh-128110, mended in 3.13.2), so its names are compared
    without spaces and the old one's are reported.
    """
    if message[name] is None:
        return []
    new_pairs = [(a.display_name, a.addr_spec) for a in message[name].addresses]
    raw = old[name].replace("\r\n", "")
    pairs = [[str(make_header(decode_header(n))), a] for n, a in email.utils.getaddresses([raw])]
    squeezed = [(n.replace(" ", ""), a) for n, a in pairs]
    if squeezed != [(n.replace(" ", ""), a) for n, a in new_pairs]:
        faults.append(f"{name}: read as {pairs} and as {new_pairs}")
    return pairs


def raw_faults(raw):
    """Faults of the bytes themselves, which a tolerant parser would forgive."""
    faults = []
    if any(byte >= 0x80 for byte in raw):
        faults.append("not ASCII")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        faults.append("bare CR or LF")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", raw):
        faults.append("control character")
    lines = raw.split(b"\r\n")
    if max(map(len, lines)) > 998:
        faults.append("line over 998")
    for line in lines:
        if b"=?UTF-8?" in line and len(line) > 76:
            faults.append("encoded word in a line over 76")
        for word in re.findall(rb"=\?UTF-8\?[QB]\?[^?]*\?=", line):
            if len(word) > 75:
                faults.append("encoded word over 75")
    if raw[-2:] != b"\r\n":
        faults.append("no line end at the end")
    return faults


def judge(path):
    with open(path, "rb") as file:
        raw = file.read()
    message = email.message_from_bytes(raw, policy=POLICY)
    old = email.message_from_bytes(raw)
    faults = raw_faults(raw)
    parts = []
    for part in message.walk():
        faults += [repr(defect) for defect in part.defects]
        for name, value in part.items():
            faults += [f"{name}: {defect!r}" for defect in value.defects]
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        if part.get_content_maintype() == "text":
            content.decode(part.get_content_charset())  # must be what it says it is
        parts.append({
            "type": part.get_content_type(),
            "name": part.get_filename() or "",
            "stand_in": part.get_param("name", ""),
            "disposition": part.get_content_disposition() or "",
            "cid": str(part["Content-ID"] or ""),
            "method": part.get_param("method", ""),
            "content": base64.b64encode(content).decode(),
        })
    return {
        "faults": faults,
        "shape": shape(message),
        "subject": str(message["Subject"]),
        "from": addresses(message, old, "From", faults),
        "to": addresses(message, old, "To", faults),
        "reply_to": addresses(message, old, "Reply-To", faults),
        "date": message["Date"].datetime.isoformat(),
        "message_id": str(message["Message-ID"]),
        "names": [name for name in message.keys()],
        "longest_header_line": max(map(len, raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"))),
        "parts": parts,
    }


json.dump([judge(path) for path in sys.argv[1:]], sys.stdout, ensure_ascii=False)
