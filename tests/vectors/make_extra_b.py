#!/usr/bin/env python3
"""Writes vectors-extra-b.json: hostile and odd callbacks of payOS, Stripe, EventBridge and Standard Webhooks.

Every signature is made here, with Python's hmac and a plain Ed25519 (RFC 8032), so the file judges the C++ verifiers
independently of the C++ signers. The output is committed. Usage: make_extra_b.py > vectors-extra-b.json
"""
import base64
import hashlib
import hmac
import json
import sys

NOW = 1763712000
VECTORS = []
DEEP = "[" * 3000 + "]" * 3000


def mac_hex(key, data):
    return hmac.new(key.encode(), data if isinstance(data, bytes) else data.encode(), hashlib.sha256).hexdigest()


def accept(order_id, txn_id, event_id, status="succeeded", amount=250000, currency="VND"):
    return {"accept": True, "reason": "ok", "order_id": order_id, "txn_id": txn_id, "event_id": event_id, "amount": amount,
            "currency": currency, "status": status, "also_ok_reasons": []}


def ignored(event_id):
    return accept(None, None, event_id, "ignored", None, None)


def reject(reason, *also):
    return {"accept": False, "reason": reason, "order_id": None, "txn_id": None, "event_id": None, "amount": None,
            "currency": None, "status": None, "also_ok_reasons": list(also)}


def add(gateway, name, secrets, expect, body, *, headers=None, method="POST", path=None, now=NOW, strictness="must", note=None):
    vector = {"id": f"{gateway}-extra-{name}", "gateway": gateway, "name": name, "secrets": secrets, "method": method,
              "path": f"/webhooks/{gateway}" if path is None else path, "headers": headers or {}, "query": ""}
    if isinstance(body, bytes):
        vector["body_base64"] = base64.b64encode(body).decode()
    else:
        vector["body"] = body
    vector.update({"now": now, "expect": expect, "strictness": strictness})
    if note:
        vector["note"] = note
    VECTORS.append(vector)


def swap(text, old, new):
    assert old in text, (old, text)
    return text.replace(old, new, 1)


# ---- Ed25519, RFC 8032 section 5.1, as plainly as it goes (slow, not constant time: for test keys only) ----

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P


def recover_x(y):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == 0 else P - x


BASE = (recover_x(BASE_Y), BASE_Y)


def point_add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P)
    return x % P, y % P


def point_times(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def encode_point(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def ed25519_scalar(seed):
    digest = hashlib.sha512(seed).digest()
    return (int.from_bytes(digest[:32], "little") & ((1 << 254) - 8)) | 1 << 254, digest[32:]


def ed25519_public(seed):
    return encode_point(point_times(ed25519_scalar(seed)[0], BASE))


def ed25519_sign(seed, message):
    scalar, prefix = ed25519_scalar(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    point = encode_point(point_times(r, BASE))
    h = int.from_bytes(hashlib.sha512(point + ed25519_public(seed) + message).digest(), "little") % L
    return point + ((r + h * scalar) % L).to_bytes(32, "little")


# ---- payOS ----

PO_KEY = "payos_checksum_EXTRA_not_real"
PO_OLD = "payos_checksum_EXTRA_older"
PO = {"checksum_key": [PO_KEY]}
PO_DATA = {"orderCode": 2025112100077, "amount": 250000, "description": "CSTB EXTRA", "accountNumber": "0000000001",
           "reference": "FT-EXTRA-77", "transactionDateTime": "2025-11-21 15:00:00", "currency": "VND",
           "paymentLinkId": "extra-link_77", "code": "00", "desc": "success", "counterAccountName": None}


def po_canon(data):
    def text(value):
        if value is None or value in ("null", "undefined"):
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)
    return "&".join(f"{key}={text(data[key])}" for key in sorted(data))


def po_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def po_body(data_text, signed_text, key=PO_KEY):
    return '{"code":"00","desc":"success","success":true,"data":' + data_text + ',"signature":"' + mac_hex(key, signed_text) + '"}'


def po_signed(change=None, key=PO_KEY, **changes):
    """A signed body with members changed (... removes one); then `change` = (old, new) in the data's text, keeping the signature."""
    data = {name: value for name, value in {**PO_DATA, **changes}.items() if value is not ...}
    text = po_json(data)
    return po_body(swap(text, *change) if change else text, po_canon(data), key)


def payos():
    def case(name, expect, body, secrets=PO, **more):
        add("payos", name, secrets, expect, body, headers={"content-type": "application/json"}, **more)

    ok = accept("2025112100077", "FT-EXTRA-77", "extra-link_77")
    good = po_signed()
    signature = mac_hex(PO_KEY, po_canon(PO_DATA))
    case("valid_second_key", ok, po_signed(key=PO_OLD), {"checksum_key": [PO_KEY, PO_OLD]})
    case("valid_outer_fields_do_not_count", ok, swap(swap(good, '"00"', '"99"'), "true", "false"))
    case("valid_outer_fields_absent", ok, '{"data":' + po_json(PO_DATA) + ',"signature":"' + signature + '"}')
    case("valid_null_becomes_undefined", ok, swap(good, '"counterAccountName":null', '"counterAccountName":"undefined"'),
         note="null, \"\", \"null\" and \"undefined\" sign alike; for an optional field that changes nothing.")
    case("valid_escaped_unicode", ok, swap(po_signed(description="Vé"), "Vé", "V\\u00e9"))
    case("valid_nul_in_description", ok, po_signed(description="a\0b"))
    case("valid_boundary_text_in_description", ok, po_signed(description="x&orderCode=777&paymentLinkId=z"))
    case("valid_order_code_2_53_minus_1", accept("9007199254740991", "FT-EXTRA-77", "extra-link_77"), po_signed(orderCode=2**53 - 1))
    more = {"ok": True, "f": "2.5", "g": "3e+21", "e": "[]", "zz": '[{"a":null,"b":1,"c":"a/é\\n"}]'}
    case("valid_arrays_numbers_and_index_keys", ok,
         po_body('{"zz":[{"b":1,"a":null,"c":"a/\\u00e9\\n"}],"ok":true,"f":25e-1,"g":3e21,"10":1,"9":2,"e":[],' + po_json(PO_DATA)[1:],
                 "9=2&10=1&" + po_canon({**PO_DATA, **more})))
    captured = {**PO_DATA, "orderCode": 42, "paymentLinkId": "real", "description": "x&orderCode=777&paymentLinkId=z"}
    case("field_boundary_shift", reject("bad_order_code", "unsupported_value"),
         po_body(po_json({"accountNumber": "0000000001", "amount": 250000, "code": "00", "counterAccountName": None, "currency": "VND",
                          "desc": "success", "description": "x", "orderCode": 777,
                          "paymentLinkId": "z&orderCode=42&paymentLinkId=real", "reference": "FT1"}),
                 "accountNumber=0000000001&amount=250000&code=00&counterAccountName=&currency=VND&desc=success&description=x"
                 "&orderCode=777&paymentLinkId=z&orderCode=42&paymentLinkId=real&reference=FT1"))
    case("field_boundary_shift_in_order_code", reject("bad_order_code"),
         po_body(po_json({**captured, "description": "x", "orderCode": "777&paymentLinkId=z&orderCode=42"}),
                 po_canon({**captured, "description": "x", "orderCode": "777&paymentLinkId=z&orderCode=42"})))
    for name, value in (("text", '"250000"'), ("float", "250000.0"), ("exponent", "25e4")):
        case(f"amount_{name}_signs_alike", reject("bad_amount"), po_signed(("250000", value)), strictness="should")
    case("amount_fraction", reject("bad_amount"), po_signed(amount=250000.5))
    case("amount_negative", reject("bad_amount"), po_signed(amount=-250000))
    case("amount_above_2_53", reject("bad_amount"), po_signed(("9007199254740992", "9007199254740993"), amount=2**53),
         note="Both numbers are one double, and so have one signature.")
    case("amount_missing", reject("missing_field"), po_signed(amount=...))
    case("order_code_text", reject("bad_order_code"), po_signed(("2025112100077", '"2025112100077"')), strictness="should")
    case("order_code_float", reject("bad_order_code"), po_signed(("2025112100077", "2025112100077.0")), strictness="should")
    case("order_code_above_2_53", reject("bad_order_code"), po_signed(("9007199254740992", "9007199254740993"), orderCode=2**53))
    case("order_code_zero", reject("bad_order_code"), po_signed(orderCode=0), strictness="should")
    case("order_code_missing", reject("missing_field"), po_signed(orderCode=...))
    case("link_id_undefined", reject("missing_field"), po_signed(("null", '"undefined"'), paymentLinkId=None, counterAccountName=...),
         strictness="should")
    case("link_id_too_long", reject("bad_order_code", "unsupported_value"), po_signed(paymentLinkId="a" * 65), strictness="should")
    case("currency_usd", reject("unsupported_value"), po_signed(currency="USD"))
    case("reference_null", reject("missing_field"), po_signed(reference=None), strictness="should")
    case("code_missing", reject("missing_field"), po_signed(code=...))
    object_text = swap(po_json(PO_DATA), '"counterAccountName":null', '"counterAccountName":{"a":1}')
    case("nested_object", reject("unsupported_value"),
         po_body(object_text, po_canon({**PO_DATA, "counterAccountName": "[object Object]"})), strictness="should")
    case("array_of_strings", reject("unsupported_value"),
         po_body(swap(po_json(PO_DATA), "null", '["ab"]'), po_canon({**PO_DATA, "counterAccountName": '[{"0":"a","1":"b"}]'})),
         strictness="should")
    case("array_of_null", reject("unsupported_value"), po_signed(("null", "[null]")), strictness="should")
    case("proto_member", reject("unsupported_value", "bad_signature"), po_signed(("{", '{"__proto__":{"amount":1},')))
    case("key_with_separator", reject("unsupported_value"), po_signed(**{"a&b": "1"}), strictness="should")
    case("duplicate_amount", reject("duplicate_key"), po_signed(('"amount"', '"amount":1,"amount"')))
    case("duplicate_amount_escaped", reject("duplicate_key"), po_signed(('"amount"', '"\\u0061mount":1,"amount"')))
    case("duplicate_data", reject("duplicate_key"), swap(good, '"data"', '"data":{},"data"'))
    case("member_order_is_free", ok, po_body(po_json(dict(reversed(PO_DATA.items()))), po_canon(PO_DATA)))
    case("signature_upper_case", reject("bad_signature"), swap(good, signature, signature.upper()))
    case("signature_empty", reject("missing_signature"), swap(good, signature, ""))
    case("signature_null", reject("missing_signature"), swap(good, f'"{signature}"', "null"))
    case("signature_cut", reject("bad_signature"), swap(good, signature, signature[:-1]))
    case("signature_with_nul", reject("bad_signature"), swap(good, signature, signature + "\\u0000"))
    case("data_text", reject("malformed_body"), '{"data":"{}","signature":"' + signature + '"}')
    case("data_array", reject("malformed_body"), '{"data":[],"signature":"' + signature + '"}')
    case("data_empty", reject("missing_field"), po_body("{}", ""))
    case("body_deep", reject("malformed_body"), DEEP)
    case("data_deep", reject("malformed_body"), po_signed(("null", DEEP)))
    case("body_bom", reject("malformed_body"), b"\xef\xbb\xbf" + good.encode())
    case("body_invalid_utf8", reject("malformed_body"), swap(good, "CSTB EXTRA", "@").encode().replace(b"@", b"\xc3\x28"))
    case("body_lone_surrogate", reject("malformed_body"), swap(good, "CSTB EXTRA", "\\ud800"))
    case("body_trailing", reject("malformed_body"), good + "{}")
    case("body_too_long", reject("malformed_body"), good + " " * (256 * 1024))
    case("key_empty", reject("config_error"), po_body(po_json(PO_DATA), po_canon(PO_DATA), ""), {"checksum_key": [""]})
    case("keys_none", reject("config_error"), good, {"checksum_key": []})
    case("one_key_empty", reject("config_error"), good, {"checksum_key": [PO_KEY, ""]})


# ---- Stripe ----

ST_KEY = "whsec_EXTRA_not_a_real_secret"
ST_OLD = "whsec_EXTRA_older_not_real"
ST = {"endpoint_secret": [ST_KEY]}
ST_SESSION = {"id": "cs_test_extra", "object": "checkout.session", "amount_total": 250000, "client_reference_id": "ref-extra",
              "currency": "vnd", "metadata": {"order_id": "TB-EXTRA"}, "mode": "payment", "payment_intent": "pi_extra",
              "payment_status": "paid", "status": "complete"}
ST_INTENT = {"id": "pi_extra", "object": "payment_intent", "amount": 1999, "amount_received": 1998, "currency": "usd",
             "metadata": {"order_id": "TB-EXTRA"}}
ST_INVOICE = {"id": "in_extra", "object": "invoice", "amount_paid": 1999, "currency": "eur", "metadata": {"order_id": "TB-EXTRA"}}


def st_event(kind="checkout.session.completed", item=None, **changes):
    event = {"id": "evt_extra", "object": "event", "created": 1763711995, "data": {"object": ST_SESSION if item is None else item},
             "livemode": False, "type": kind, **changes}
    return json.dumps({name: value for name, value in event.items() if value is not ...}, ensure_ascii=False, indent=2)


def st_mac(body, t=NOW, key=ST_KEY):
    return mac_hex(key, f"{t}.".encode() + (body if isinstance(body, bytes) else body.encode()))


def stripe():
    def case(name, expect, body=None, header=None, secrets=ST, **more):
        body = st_event() if body is None else body
        header = f"t={NOW},v1={st_mac(body)}" if header is None else header
        add("stripe", name, secrets, expect, body, headers={"Stripe-Signature": header} if header else {}, **more)

    def changed(**changes):
        return st_event(item={name: value for name, value in {**ST_SESSION, **changes}.items() if value is not ...})

    body = st_event()
    mac = st_mac(body)
    ok = accept("TB-EXTRA", "pi_extra", "evt_extra")
    case("valid_pretty", ok)
    case("valid_second_key", ok, header=f"t={NOW},v1={st_mac(body, key=ST_OLD)}", secrets={"endpoint_secret": [ST_KEY, ST_OLD]})
    case("valid_t_last", ok, header=f"v1={mac},t={NOW}")
    case("valid_empty_v1_first", ok, header=f"t={NOW},v1=,v1={mac}", strictness="should")
    case("valid_future_300", ok, header=f"t={NOW + 300},v1={st_mac(body, NOW + 300)}")
    case("future_301", reject("timestamp_future"), header=f"t={NOW + 301},v1={st_mac(body, NOW + 301)}", strictness="should")
    case("future_past_int64", reject("timestamp_future", "malformed_header"), header=f"t={10**20},v1={st_mac(body, 10**20)}", strictness="should")
    case("expired_beats_body", reject("timestamp_expired"), "nonsense", f"t={NOW - 301},v1={st_mac('nonsense', NOW - 301)}")
    case("signature_beats_age", reject("bad_signature"), header=f"t={NOW - 301},v1={mac}")
    case("secret_without_prefix", reject("bad_signature"), header=f"t={NOW},v1={st_mac(body, key=ST_KEY[6:])}")
    case("upper_case_hex", reject("bad_signature"), header=f"t={NOW},v1={mac.upper()}", strictness="should")
    case("only_empty_v1", reject("bad_signature", "missing_signature"), header=f"t={NOW},v1=")
    case("v0_next_to_bad_v1", reject("bad_signature"), header=f"t={NOW},v1={'0' * 64},v0={mac}")
    case("two_t", reject("malformed_header"), header=f"t=1,t={NOW},v1={mac}", strictness="either")
    case("t_missing", reject("malformed_header", "missing_signature"), header=f"v1={mac}")
    case("t_not_a_number", reject("malformed_header"), header=f"t=abc,v1={st_mac(body, 'NaN')}")
    case("t_with_letters", reject("malformed_header"), header=f"t={NOW}abc,v1={mac}", strictness="should")
    case("t_leading_zero", reject("malformed_header", "bad_signature"), header=f"t=0{NOW},v1={mac}", strictness="should")
    case("t_full_width_digits", reject("malformed_header", "bad_signature"), header=f"t=１７６３７１２０００,v1={mac}")
    case("header_without_structure", reject("malformed_header", "missing_signature"), header="nonsense")
    case("key_empty", reject("config_error"), header=f"t={NOW},v1={st_mac(body, key='')}", secrets={"endpoint_secret": [""]})
    case("keys_none", reject("config_error"), secrets={"endpoint_secret": []})
    case("body_bom", reject("malformed_body"), b"\xef\xbb\xbf" + body.encode(), strictness="either")
    case("body_invalid_utf8", reject("malformed_body"), body.encode().replace(b"TB-EXTRA", b"TB-\xff"))
    case("body_lone_surrogate", reject("malformed_body"), swap(body, "TB-EXTRA", "\\udc00"))
    case("body_deep", reject("malformed_body"), DEEP)
    case("body_array", reject("malformed_body"), "[]")
    case("body_empty", reject("malformed_body"), "")
    case("duplicate_amount", reject("duplicate_key"), swap(body, '"amount_total"', '"amount_total": 1, "amount_total"'))
    case("thin_event", reject("unsupported_type"), st_event(object="v2.core.event", data=...))
    case("id_missing", reject("missing_field"), st_event(id=...))
    case("type_missing", reject("missing_field"), st_event(type=...))
    case("data_missing", reject("missing_field", "malformed_body"), st_event(data=...))
    case("amount_float", reject("bad_amount"), swap(body, "250000", "250000.0"), strictness="should")
    case("amount_fraction", reject("bad_amount"), changed(amount_total=250000.5))
    case("amount_text", reject("bad_amount"), changed(amount_total="250000"))
    case("amount_past_int64", reject("bad_amount"), changed(amount_total=2**63))
    case("amount_missing", reject("missing_field"), changed(amount_total=...))
    case("amount_above_2_53", accept("TB-EXTRA", "pi_extra", "evt_extra", amount=2**53 + 1), changed(amount_total=2**53 + 1))
    case("payment_status_missing", reject("missing_field", "unsupported_value"), changed(payment_status=...))
    case("free_session", accept("TB-EXTRA", None, "evt_extra", amount=0),
         changed(payment_status="no_payment_required", amount_total=0, payment_intent=None))
    case("client_reference", accept("ref-extra", "pi_extra", "evt_extra"), changed(metadata={}))
    case("no_order_id", accept(None, "pi_extra", "evt_extra"), changed(metadata={}, client_reference_id=None))
    case("async_succeeded", ok, st_event("checkout.session.async_payment_succeeded"))
    case("async_failed", accept("TB-EXTRA", "pi_extra", "evt_extra", "failed"), st_event("checkout.session.async_payment_failed"))
    case("session_expired", accept("TB-EXTRA", None, "evt_extra", "cancelled"), st_event("checkout.session.expired"))
    case("intent_succeeded", accept("TB-EXTRA", "pi_extra", "evt_extra", "succeeded", 1998, "USD"), st_event("payment_intent.succeeded", ST_INTENT))
    case("intent_failed", accept("TB-EXTRA", "pi_extra", "evt_extra", "failed", 1999, "USD"), st_event("payment_intent.payment_failed", ST_INTENT))
    case("intent_canceled", accept("TB-EXTRA", "pi_extra", "evt_extra", "cancelled", 1999, "USD"), st_event("payment_intent.canceled", ST_INTENT))
    for kind in ("invoice.paid", "invoice.payment_succeeded"):
        case(kind, accept("TB-EXTRA", "in_extra", "evt_extra", "succeeded", 1999, "EUR"), st_event(kind, ST_INVOICE))
    case("unrelated", ignored("evt_extra"), st_event("charge.succeeded"))
    case("unrelated_without_data", ignored("evt_extra"), st_event("customer.created", data=...))


# ---- Stripe on EventBridge ----

EB_SOURCE = "aws.partner/stripe.com/ed_test_fakeEXTRA"
EB = {"aws_account": "111122223333", "partner_source": EB_SOURCE}


def eventbridge():
    def case(name, expect, body, secrets=EB, **more):
        add("stripe-eventbridge", name, secrets, expect, body, method="INVOKE", path="", **more)

    def envelope(detail=st_event(), **changes):
        members = {"version": "0", "id": "17e8dff5-0000-4000-8000-0000000000eb", "detail-type": "checkout.session.completed",
                   "source": EB_SOURCE, "account": "111122223333", "time": "2025-11-21T08:00:00Z", "region": "eu-west-1",
                   "resources": [], **changes}
        text = json.dumps({name: value for name, value in members.items() if value is not ...})
        return text[:-1] + ',"detail":' + detail + "}"

    ok = accept("TB-EXTRA", "pi_extra", "evt_extra")
    case("valid", ok, envelope())
    case("valid_pending", accept("TB-EXTRA", "pi_extra", "evt_extra", "pending"),
         envelope(st_event(item={**ST_SESSION, "payment_status": "unpaid"})))
    for name, source in (("evil_suffix", EB_SOURCE + ".evil"), ("evil_domain", "aws.partner/stripe.com.evil/ed_test_fakeEXTRA"),
                         ("other_destination", "aws.partner/stripe.com/ed_other"), ("prefix_only", "aws.partner/stripe.com/"),
                         ("upper_case", EB_SOURCE.upper()), ("trailing_nul", EB_SOURCE + "\0"), ("list", [EB_SOURCE]), ("absent", ...)):
        case(f"source_{name}", reject("untrusted_source"), envelope(source=source))
    case("bare_stripe_event", reject("untrusted_source", "malformed_body", "missing_field"), st_event())
    case("account_other", reject("account_mismatch"), envelope(account="999999999999"))
    case("account_number", reject("account_mismatch"), envelope(account=111122223333), strictness="should")
    case("account_absent", reject("account_mismatch", "missing_field"), envelope(account=...))
    case("detail_text", reject("malformed_body"), envelope(json.dumps(st_event())))
    case("detail_null", reject("malformed_body"), envelope("null"))
    case("detail_without_object", reject("missing_field", "malformed_body"), envelope(st_event(object=...)))
    case("detail_thin", reject("unsupported_type"), envelope(st_event(object="v2.core.event")))
    case("detail_type_differs", reject("malformed_body", "unsupported_value"), envelope(st_event("payment_intent.succeeded", ST_INTENT)))
    case("detail_only_data", reject("missing_field", "malformed_body"), envelope(json.dumps({"data": {"object": ST_SESSION}})))
    case("duplicate_detail", reject("duplicate_key"), swap(envelope(), '"detail":', '"detail":{},"detail":'))
    case("duplicate_source", reject("duplicate_key"), swap(envelope(), '"source":', '"source":"x","source":'))
    case("deep", reject("malformed_body"), envelope(DEEP))
    case("source_not_configured", reject("config_error"), envelope(source=""), {"aws_account": "111122223333", "partner_source": ""})
    case("account_not_configured", reject("config_error"), envelope(account=""), {"aws_account": "", "partner_source": EB_SOURCE})


# ---- Standard Webhooks ----

def b64(data):
    return base64.b64encode(data).decode()


SW_KEY = b"EXTRA-not-a-real-secret-00000001"
SW_OLD = b"EXTRA-older-secret-not-real-0001"
SW_SEED = b"EXTRA-not-a-real-seed-0000000001"
SW_PUBLIC = ed25519_public(SW_SEED)
SW = {"secrets": ["whsec_" + b64(SW_KEY)]}
SW_A = {"secrets": ["whpk_" + b64(SW_PUBLIC)]}
SW_BODY = '{"type":"payment.succeeded","timestamp":"2025-11-21T08:00:00Z","data":{"order_id":"TB-SW","payment_id":"pay_sw","amount":250000,"currency":"VND"}}'


def standard_webhooks():
    def message(body, identifier, t):
        return f"{identifier}.{t}.".encode() + (body if isinstance(body, bytes) else body.encode())

    def v1(body=SW_BODY, identifier="msg_extra", t=NOW, key=SW_KEY):
        return "v1," + b64(hmac.new(key, message(body, identifier, t), hashlib.sha256).digest())

    def v1a(body=SW_BODY, identifier="msg_extra", t=NOW):
        return "v1a," + b64(ed25519_sign(SW_SEED, message(body, identifier, t)))

    def case(name, expect, body=SW_BODY, signature=None, *, identifier="msg_extra", t=NOW, secrets=SW, **more):
        headers = {"webhook-id": identifier, "webhook-timestamp": None if t is None else str(t),
                   "webhook-signature": v1(body, identifier, t) if signature is None else signature}
        add("standard-webhooks", name, secrets, expect, body, path="/webhooks/standard",
            headers={header: value for header, value in headers.items() if value}, **more)

    ok = accept("TB-SW", "pay_sw", "msg_extra")
    case("valid", ok)
    case("valid_second_key", ok, signature=v1(key=SW_OLD), secrets={"secrets": SW["secrets"] + ["whsec_" + b64(SW_OLD)]})
    case("valid_without_prefix", ok, secrets={"secrets": [b64(SW_KEY)]})
    case("valid_among_unknown", ok, signature=f"v9,xx nocomma , v1 v1,  {v1()}")
    case("valid_age_300", ok, t=NOW - 300)
    case("valid_ahead_300", ok, t=NOW + 300)
    case("valid_v1a", ok, signature=v1a(), secrets=SW_A)
    case("valid_v1a_beside_v1", ok, signature=f"{v1()} {v1a()}", secrets=SW_A)
    case("valid_cancelled", accept("TB-SW", "pay_sw", "msg_extra", "cancelled"), swap(SW_BODY, "succeeded", "cancelled"))
    case("unrelated", ignored("msg_extra"), '{"type":"customer.created","data":{}}')
    case("v1a_tampered", reject("bad_signature"), swap(SW_BODY, "250000", "1"), v1a(), secrets=SW_A)
    case("v1a_key_confusion", reject("bad_signature"), signature=v1(key=SW_PUBLIC), secrets=SW_A,
         note="HMAC with the public key, which is public.")
    case("v1a_key_confusion_as_v1a", reject("bad_signature"), signature="v1a," + v1(key=SW_PUBLIC)[3:], secrets=SW_A)
    case("v1_signature_as_v1a", reject("bad_signature"), signature="v1a," + v1()[3:])
    case("unknown_version_only", reject("bad_signature"), signature="v2," + v1()[3:])
    case("token_without_comma", reject("bad_signature"), signature=v1()[3:])
    case("not_canonical_base64", reject("bad_signature"), signature=v1()[:-2] + chr(ord(v1()[-2]) + 1) + "=", strictness="should")
    case("base64_without_padding", reject("bad_signature"), signature=v1()[:-1], strictness="should")
    case("signature_absent", reject("missing_signature"), signature="")
    case("timestamp_absent", reject("missing_signature"), signature=v1(), t=None)
    case("timestamp_leading_zero", reject("malformed_header", "bad_signature"), signature=v1(), t=f"0{NOW}", strictness="either")
    case("timestamp_float", reject("malformed_header"), t=f"{NOW}.0", strictness="should")
    case("timestamp_text", reject("malformed_header"), t="NaN")
    case("timestamp_negative", reject("malformed_header", "timestamp_expired"), t=-NOW)
    case("age_beats_body", reject("timestamp_expired"), "nonsense", t=NOW - 301)
    case("signature_beats_age", reject("bad_signature"), signature=v1(), t=NOW - 301)
    for name, secret in (("empty", ""), ("prefix_only", "whsec_"), ("not_base64", "whsec_***"), ("short", "whsec_" + b64(b"k" * 23)),
                         ("long", "whsec_" + b64(b"k" * 65)), ("public_key_short", "whpk_" + b64(b"k" * 31))):
        case(f"secret_{name}", reject("config_error"), secrets={"secrets": [secret]}, strictness="must" if name == "empty" else "should")
    case("secrets_none", reject("config_error"), secrets={"secrets": []})
    case("body_bom", reject("malformed_body"), b"\xef\xbb\xbf" + SW_BODY.encode(), strictness="either")
    case("body_invalid_utf8", reject("malformed_body"), SW_BODY.encode().replace(b"TB-SW", b"TB-\xff"))
    case("body_deep", reject("malformed_body"), DEEP)
    case("duplicate_amount", reject("duplicate_key"), swap(SW_BODY, '"amount"', '"amount":1,"amount"'))
    case("amount_text", reject("bad_amount"), swap(SW_BODY, "250000", '"250000"'))
    case("amount_fraction", reject("bad_amount"), swap(SW_BODY, "250000", "250000.5"))
    case("amount_negative", reject("bad_amount"), swap(SW_BODY, "250000", "-1"))
    case("amount_above_2_53", accept("TB-SW", "pay_sw", "msg_extra", amount=2**53 + 1), swap(SW_BODY, "250000", str(2**53 + 1)))
    case("order_id_missing", reject("missing_field"), swap(SW_BODY, '"order_id":"TB-SW",', ""))
    case("data_missing", reject("missing_field", "malformed_body"), '{"type":"payment.succeeded"}')


payos()
stripe()
eventbridge()
standard_webhooks()
json.dump({"format": 1, "note": "All secrets are invented. Made by make_extra_b.py.", "vectors": VECTORS}, sys.stdout, ensure_ascii=False, indent=1)
sys.stdout.write("\n")
