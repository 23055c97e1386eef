"""Works out the AWS Signature Version 4 of the request on standard input, with Python's own hmac and urllib, and prints it.

Input: JSON of secret, request (the first line), headers (as received), body.
"""
import hashlib
import hmac
import json
import re
import sys
import urllib.parse

given = json.load(sys.stdin)
method, target, _ = given["request"].split(" ")
headers = {}
for line in given["headers"].strip().split("\r\n"):
    name, value = line.split(":", 1)
    headers.setdefault(name.lower(), []).append(" ".join(value.split()))
found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})", headers["authorization"][0])
_, date, region, service, end = found[1].split("/")
signed = found[2].split(";")
assert end == "aws4_request" and headers["x-amz-date"][0].startswith(date) and {"host", "x-amz-date"} <= set(signed) and signed == sorted(signed)
path, _, query = target.partition("?")
pairs = sorted(tuple((pair + "=").split("=")[:2]) for pair in query.split("&") if pair)
canonical = "\n".join(
    [method, urllib.parse.quote(path, safe="/-._~"), "&".join("=".join(p) for p in pairs)]
    + [name + ":" + ",".join(headers[name]) for name in signed]
    + ["", found[2], hashlib.sha256(given["body"].encode()).hexdigest()]
)
text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"][0], found[1].split("/", 1)[1], hashlib.sha256(canonical.encode()).hexdigest()])
key = ("AWS4" + given["secret"]).encode()
for part in (date, region, service, end):
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
print(hmac.new(key, text.encode(), hashlib.sha256).hexdigest() + " " + found[3], end="")
