#!/usr/bin/env python3
"""Writes vectors-extra.json: hostile and odd callbacks of ZaloPay, VNPay and MoMo.

Every MAC is made here with Python's hmac, so the file judges the C++ verifiers independently of the C++ signers.
Run it in this folder after a change; the output is committed. Usage: make_extra.py > vectors-extra.json
"""
import base64
import hashlib
import hmac
import json
import sys
import urllib.parse

NOW = 1763712000
VECTORS = []


def mac256(key, data):
    return hmac.new(key.encode(), data if isinstance(data, bytes) else data.encode(), hashlib.sha256).hexdigest()


def mac512(key, data):
    return hmac.new(key.encode(), data if isinstance(data, bytes) else data.encode(), hashlib.sha512).hexdigest()


def accept(order_id, txn_id, status="succeeded", amount=250000, event_id=None):
    return {"accept": True, "reason": "ok", "order_id": order_id, "txn_id": txn_id, "event_id": event_id,
            "amount": amount, "currency": "VND", "status": status, "also_ok_reasons": []}


def reject(reason, *also):
    return {"accept": False, "reason": reason, "order_id": None, "txn_id": None, "event_id": None, "amount": None,
            "currency": None, "status": None, "also_ok_reasons": list(also)}


def add(gateway, name, secrets, expect, *, body="", query="", method="POST", path=None, strictness="must", note=None):
    vector = {"id": f"{gateway}-extra-{name}", "gateway": gateway, "name": name, "secrets": secrets, "method": method,
              "path": path or f"/webhooks/{gateway}", "headers": {"content-type": "application/json"} if body else {},
              "query": query}
    if isinstance(body, bytes):
        vector["body_base64"] = base64.b64encode(body).decode()
    else:
        vector["body"] = body
    vector.update({"now": NOW, "expect": expect, "strictness": strictness})
    if note:
        vector["note"] = note
    VECTORS.append(vector)


# ---- ZaloPay ----

ZP_KEY = "zp_key2_EXTRA_not_a_real_key"
ZP_OLD = "zp_key2_EXTRA_older_not_real"
ZP = {"app_id": 990002, "key2": [ZP_KEY]}
ZP_ORDER, ZP_TXN = "251121_TB-EXTRA-0001", 251121000945999


def zp_data(**changes):
    data = {"app_id": 990002, "app_trans_id": ZP_ORDER, "app_time": 1763711900008, "app_user": "TicketBottle",
            "amount": 250000, "embed_data": "{}", "item": "[]", "zp_trans_id": ZP_TXN, "server_time": 1763711990123,
            "channel": 38, "merchant_user_id": "u1", "user_fee_amount": 0, "discount_amount": 0}
    data.update(changes)
    data = {name: value for name, value in data.items() if value is not ...}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def zp_body(data, key=ZP_KEY, kind=1, ascii_only=False, mac=None):
    body = {"data": data, "mac": mac256(key, data) if mac is None else mac, "type": kind}
    body = {name: value for name, value in body.items() if value is not ...}
    return json.dumps(body, ensure_ascii=ascii_only, separators=(",", ":"))


def zalopay():
    def case(name, expect, body, secrets=ZP, **more):
        add("zalopay", name, secrets, expect, body=body, **more)

    ok = accept(ZP_ORDER, str(ZP_TXN))
    case("valid_older_key", ok, zp_body(zp_data(), ZP_OLD), {"app_id": 990002, "key2": [ZP_KEY, ZP_OLD]})
    case("valid_key_as_text", ok, zp_body(zp_data()), {"app_id": 990002, "key2": ZP_KEY})
    case("valid_id_above_2_53", accept(ZP_ORDER, "9007199254740993"), zp_body(zp_data(zp_trans_id=9007199254740993)))
    case("valid_amount_int64_max", accept(ZP_ORDER, str(ZP_TXN), amount=2**63 - 1), zp_body(zp_data(amount=2**63 - 1)))
    case("valid_nul_in_user", ok, zp_body(zp_data(app_user="a\0b")), note="U+0000 twice escaped: inner JSON text")
    raw_nul = zp_data(app_user="@").replace("@", "\x00")
    case("raw_nul_inside_data", reject("malformed_body"), zp_body(raw_nul, ascii_only=True),
         note="The decoded data holds a raw NUL: no JSON. The MAC is over all of it.")
    case("valid_trailing_newline_in_data", ok, zp_body(zp_data() + "\n"))
    case("trailing_newline_not_in_mac", reject("bad_signature"), zp_body(zp_data() + "\n", mac=mac256(ZP_KEY, zp_data())))
    case("valid_astral_escaped", ok, zp_body(zp_data(app_user="\U0001f39f"), ascii_only=True),
         note="A surrogate pair in the outer JSON is one code point in the MAC.")
    case("valid_unknown_members", ok, zp_body(zp_data(extra={"a": [1, 2.5, None]})))
    case("mac_upper_case", reject("bad_signature"), zp_body(zp_data(), mac=mac256(ZP_KEY, zp_data()).upper()))
    case("mac_cut", reject("bad_signature"), zp_body(zp_data(), mac=mac256(ZP_KEY, zp_data())[:-1]))
    case("mac_longer", reject("bad_signature"), zp_body(zp_data(), mac=mac256(ZP_KEY, zp_data()) + "0"))
    case("mac_empty", reject("missing_signature", "bad_signature"), zp_body(zp_data(), mac=""))
    case("mac_null", reject("missing_signature", "malformed_body"), zp_body(zp_data(), mac=None).replace(
        f'"{mac256(ZP_KEY, zp_data())}"', "null"))
    case("mac_of_empty_key", reject("bad_signature"), zp_body(
        zp_data(), mac=hmac.new(b"", zp_data().encode(), hashlib.sha256).hexdigest()))
    case("data_missing", reject("malformed_body", "missing_field"), zp_body(..., mac="0" * 64))
    case("outer_duplicate_data", reject("duplicate_key"), zp_body(zp_data())[:-1] + ',"data":"{}"}')
    case("outer_duplicate_escaped", reject("duplicate_key"), zp_body(zp_data())[:-1] + ',"d\\u0061ta":"{}"}')
    case("inner_duplicate_amount", reject("duplicate_key"), zp_body(zp_data()[:-1] + ',"amount":1}'))
    case("inner_not_json", reject("malformed_body"), zp_body("hello"))
    case("inner_array", reject("malformed_body"), zp_body("[1]"))
    case("outer_array", reject("malformed_body"), "[" + zp_body(zp_data()) + "]")
    case("outer_bom", reject("malformed_body"), b"\xef\xbb\xbf" + zp_body(zp_data()).encode())
    case("outer_trailing_garbage", reject("malformed_body"), zp_body(zp_data()) + "x")
    case("outer_invalid_utf8", reject("malformed_body"), zp_body(zp_data()).encode().replace(b"TicketBottle", b"\xff\xfe"))
    case("outer_lone_surrogate", reject("malformed_body"), zp_body(zp_data()).replace("TicketBottle", "\\ud800"))
    inner_lone = zp_data().replace("TicketBottle", "\\ud800")
    case("inner_lone_surrogate", reject("malformed_body"), zp_body(inner_lone))
    case("outer_depth_3000", reject("malformed_body"), zp_body(zp_data())[:-1] + ',"x":' + "[" * 3000 + "]" * 3000 + "}")
    case("inner_depth_3000", reject("malformed_body"), zp_body(zp_data()[:-1] + ',"x":' + "[" * 3000 + "]" * 3000 + "}"))
    case("empty_body", reject("malformed_body"), b"")
    case("too_long", reject("malformed_body"), zp_body(zp_data(item="x" * 300000)))
    for value, name in [("250000", "text"), (250000.0, "fraction"), (-250000, "negative"), (0, "zero"),
                        (2**63, "over_int64"), (True, "boolean")]:
        case(f"amount_{name}", reject("bad_amount"), zp_body(zp_data(amount=value)))
    exponent = zp_data().replace('"amount":250000', '"amount":25e4')
    case("amount_exponent", reject("bad_amount"), zp_body(exponent))
    case("amount_missing", reject("missing_field"), zp_body(zp_data(amount=...)))
    case("transaction_missing", reject("missing_field"), zp_body(zp_data(zp_trans_id=...)))
    case("transaction_text", reject("malformed_body"), zp_body(zp_data(zp_trans_id=str(ZP_TXN))), strictness="should")
    case("order_missing", reject("missing_field"), zp_body(zp_data(app_trans_id=...)))
    case("order_number", reject("bad_order_code", "malformed_body"), zp_body(zp_data(app_trans_id=251121)))
    case("order_with_nul", reject("bad_order_code"), zp_body(zp_data(app_trans_id="251121_A\0B")), strictness="should")
    case("order_41_bytes", reject("bad_order_code"), zp_body(zp_data(app_trans_id="2" * 41)), strictness="should")
    case("other_app", reject("account_mismatch"), zp_body(zp_data(app_id=990003)))
    case("type_2", reject("unsupported_type"), zp_body(zp_data(), kind=2))
    case("type_missing", reject("unsupported_type", "missing_field"), zp_body(zp_data(), kind=...))
    case("type_text", reject("unsupported_type", "malformed_body"), zp_body(zp_data(), kind="1"))
    binding = json.dumps({"app_id": 990002, "app_trans_id": "b1", "binding_id": "x", "status": 1, "server_time": 1})
    case("binding_as_type_1", reject("missing_field"), zp_body(binding, kind=1),
         note="type is outside the MAC: a binding sent again as an order lacks the order's members.")
    case("no_key", reject("config_error"), zp_body(zp_data()), {"app_id": 990002, "key2": []})
    case("empty_key", reject("config_error"), zp_body(zp_data()), {"app_id": 990002, "key2": [""]})
    case("one_empty_key", reject("config_error"), zp_body(zp_data()), {"app_id": 990002, "key2": [ZP_KEY, ""]})
    case("five_keys", reject("config_error"), zp_body(zp_data()), {"app_id": 990002, "key2": [ZP_KEY] * 5},
         strictness="should")
    case("no_app_id", reject("config_error"), zp_body(zp_data()), {"key2": [ZP_KEY]}, strictness="should")


# ---- VNPay ----

VN_KEY = "VNPEXTRASECRETNOTREAL00000000001"
VN_OLD = "VNPEXTRAOLDERNOTREAL000000000001"
VN = {"tmn_code": "TBEXTRA1", "hash_secret": [VN_KEY]}
VN_ORDER, VN_TXN = "TBEXTRA0001", "14226777"
# What java.net.URLEncoder and URLSearchParams keep.
KEPT = "*-._"


def vn_encode(text):
    return urllib.parse.quote_plus(text, safe=KEPT).replace("~", "%7E")


def vn_pairs(**changes):
    pairs = {"vnp_Amount": "25000000", "vnp_BankCode": "NCB", "vnp_BankTranNo": "VNP1", "vnp_CardType": "ATM",
             "vnp_OrderInfo": "Thanh toan don hang", "vnp_PayDate": "20251121150000", "vnp_ResponseCode": "00",
             "vnp_TmnCode": "TBEXTRA1", "vnp_TransactionNo": VN_TXN, "vnp_TransactionStatus": "00", "vnp_TxnRef": VN_ORDER}
    pairs.update({"vnp_" + name: value for name, value in changes.items()})
    return {name: value for name, value in pairs.items() if value is not ...}


def vn_text(pairs, encode=vn_encode):
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(pairs.items()) if value)


def vn_query(pairs, key=VN_KEY, encode=vn_encode, wire=None):
    text = vn_text(pairs, encode)
    return (wire or text) + "&vnp_SecureHash=" + mac512(key, text)


def vnpay():
    def case(name, expect, query, secrets=VN, **more):
        add("vnpay", name, secrets, expect, query=query, method="GET", path="/webhooks/vnpay/ipn", **more)

    ok = accept(VN_ORDER, VN_TXN)
    good = vn_query(vn_pairs())
    case("valid_older_key", ok, vn_query(vn_pairs(), VN_OLD), {"tmn_code": "TBEXTRA1", "hash_secret": [VN_KEY, VN_OLD]})
    tricky = vn_pairs(OrderInfo="Vé 100% * - . _ ~ ! ' ( ) & = + # ?")
    case("valid_tricky_order_info", ok, vn_query(tricky))
    component = lambda text: urllib.parse.quote(text, safe="!'()*~")
    case("valid_raw_component_encoding", ok, vn_query(tricky, encode=component),
         note="Hash over the pairs as sent, in another encoding than the one we rebuild.")
    dot_net = lambda text: urllib.parse.quote_plus(text, safe="!*()")
    case("valid_raw_dot_net_encoding", ok, vn_query(tricky, encode=dot_net))
    case("valid_lower_case_percent_on_wire", ok,
         vn_query(vn_pairs(OrderInfo="a:b"), wire=vn_text(vn_pairs(OrderInfo="a:b")).replace("%3A", "%3a")))
    case("valid_encoded_name_on_wire", ok, vn_query(vn_pairs(), wire=vn_text(vn_pairs()).replace("vnp_Amount", "vnp%5FAmount")))
    case("valid_tracker_added", ok, good + "&utm_source=mail&fbclid=1")
    case("valid_empty_value_dropped", ok, good + "&vnp_BankNote=")
    case("valid_nul_in_order_info", ok, vn_query(vn_pairs(OrderInfo="a\0b")))
    case("valid_leading_zeros", ok, vn_query(vn_pairs(Amount="00025000000")))
    case("valid_amount_above_2_53", accept(VN_ORDER, VN_TXN, amount=90071992547409931),
         vn_query(vn_pairs(Amount="9007199254740993100")))
    case("valid_review_07", accept(VN_ORDER, VN_TXN, "pending"), vn_query(vn_pairs(ResponseCode="07", TransactionStatus="07")))
    for code in ["09", "10", "11", "12", "13", "51", "65", "75", "79", "99"]:
        case(f"valid_failed_{code}", accept(VN_ORDER, VN_TXN, "failed"),
             vn_query(vn_pairs(ResponseCode=code, TransactionStatus="02")))
    case("valid_status_00_response_51", accept(VN_ORDER, VN_TXN, "failed"), vn_query(vn_pairs(ResponseCode="51")))
    case("valid_failure_without_number", accept(VN_ORDER, None, "failed"), vn_query(
        vn_pairs(ResponseCode="11", TransactionStatus="02", TransactionNo="0")), strictness="should")
    case("added_parameter", reject("bad_signature"), good + "&vnp_CurrCode=VND")
    case("removed_parameter", reject("bad_signature"), good.replace("vnp_BankCode=NCB&", ""))
    case("duplicate_amount", reject("duplicate_key"), good + "&vnp_Amount=100")
    case("duplicate_encoded_name", reject("duplicate_key"), "vnp%5FAmount=100&" + good)
    case("duplicate_hash", reject("duplicate_key"), good + "&vnp_SecureHash=" + "0" * 128)
    case("hash_upper_case", reject("bad_signature"), vn_text(vn_pairs()) + "&vnp_SecureHash=" + mac512(VN_KEY, vn_text(vn_pairs())).upper())
    case("hash_sha256", reject("bad_signature"), vn_text(vn_pairs()) + "&vnp_SecureHash=" + mac256(VN_KEY, vn_text(vn_pairs())))
    case("hash_empty", reject("missing_signature", "bad_signature"), vn_text(vn_pairs()) + "&vnp_SecureHash=")
    case("hash_of_empty_key", reject("bad_signature"), vn_text(vn_pairs()) + "&vnp_SecureHash=" +
         hmac.new(b"", vn_text(vn_pairs()).encode(), hashlib.sha512).hexdigest())
    case("bad_percent", reject("malformed_body"), good.replace("OrderInfo=T", "OrderInfo=%zzT"))
    case("cut_percent", reject("malformed_body"), good + "&vnp_X=%4")
    case("invalid_utf8", reject("malformed_body"), good + "&vnp_X=%ff")
    case("encoded_surrogate", reject("malformed_body"), good + "&vnp_X=%ED%A0%80")
    case("too_long", reject("malformed_body"), good + "&x=" + "a" * 20000)
    case("empty_query", reject("missing_signature"), "")
    for value, name in [("25000050", "not_whole_dong"), ("-25000000", "negative"), ("0", "zero"), ("250000.00", "fraction"),
                        ("9223372036854775900", "over_int64"), ("25e6", "exponent"), (" 25000000", "space")]:
        case(f"amount_{name}", reject("bad_amount"), vn_query(vn_pairs(Amount=value)))
    case("amount_missing", reject("missing_field"), vn_query(vn_pairs(Amount=...)))
    case("order_missing", reject("missing_field"), vn_query(vn_pairs(TxnRef=...)))
    case("order_101_bytes", reject("bad_order_code"), vn_query(vn_pairs(TxnRef="T" * 101)), strictness="should")
    case("order_with_nul", reject("bad_order_code"), vn_query(vn_pairs(TxnRef="A\0B")), strictness="should")
    case("status_missing", reject("missing_field"), vn_query(vn_pairs(TransactionStatus=...)), strictness="should")
    case("other_terminal", reject("account_mismatch"), vn_query(vn_pairs(TmnCode="TBOTHER1")))
    case("terminal_missing", reject("missing_field", "account_mismatch"), vn_query(vn_pairs(TmnCode=...)))
    case("no_key", reject("config_error"), good, {"tmn_code": "TBEXTRA1", "hash_secret": []})
    case("empty_key", reject("config_error"), good, {"tmn_code": "TBEXTRA1", "hash_secret": [""]})
    case("no_terminal", reject("config_error"), good, {"tmn_code": "", "hash_secret": [VN_KEY]}, strictness="should")


# ---- MoMo ----

MM_KEY = "momoSecretEXTRAnotreal0001"
MM_OLD = "momoSecretEXTRAoldernotreal"
MM_ACCESS = "momoAccessEXTRAfake"
MM = {"partner_code": "MOMOTBX", "access_key": MM_ACCESS, "secret_key": [MM_KEY]}
MM_ORDER, MM_TXN = "TB-X-0001", 4088870099
MM_SIGNED = ["amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType", "requestId",
             "responseTime", "resultCode", "transId"]


def mm_members(**changes):
    members = {"partnerCode": "MOMOTBX", "orderId": MM_ORDER, "requestId": "req-1", "amount": 250000,
               "orderInfo": "Thanh toan ve", "orderType": "momo_wallet", "transId": MM_TXN, "resultCode": 0,
               "message": "Successful.", "payType": "qr", "responseTime": 1763711990123, "extraData": ""}
    members.update(changes)
    return {name: value for name, value in members.items() if value is not ...}


def mm_text(members, access=MM_ACCESS):
    values = ((name, members.get(name, "")) for name in MM_SIGNED)
    return f"accessKey={access}&" + "&".join(f"{n}={v if isinstance(v, str) else json.dumps(v)}" for n, v in values)


def mm_body(members, key=MM_KEY, signature=None):
    signed = dict(members)
    if signature is not ...:
        signed["signature"] = mac256(key, mm_text(members)) if signature is None else signature
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":"))


def recut(name, genuine, forged, reason):
    """Both bodies must sign the same text: the genuine one is accepted, the forged one, with its signature, is not."""
    genuine, forged = mm_members(**genuine), mm_members(**forged)
    assert mm_text(genuine) == mm_text(forged), name
    add("momo", f"recut_{name}_genuine", MM, accept(genuine["orderId"], str(MM_TXN), event_id="req-1"), body=mm_body(genuine))
    add("momo", f"recut_{name}_forged", MM, reject(*reason), body=mm_body(forged))


def momo():
    def case(name, expect, body, secrets=MM, **more):
        add("momo", name, secrets, expect, body=body, **more)

    def ok(status="succeeded", txn=str(MM_TXN), **more):
        return accept(MM_ORDER, txn, status, event_id="req-1", **more)

    good = mm_body(mm_members())
    case("valid_older_key", ok(), mm_body(mm_members(), MM_OLD),
         {"partner_code": "MOMOTBX", "access_key": MM_ACCESS, "secret_key": [MM_KEY, MM_OLD]})
    case("valid_unsigned_members", ok(), good[:-1] + ',"userFee":0,"paymentOption":"momo","promotionInfo":[{"amount":1}]}')
    case("valid_empty_pay_type", ok(), mm_body(mm_members(payType="")))
    case("valid_ampersand_in_info", ok(), mm_body(mm_members(orderInfo="Rock & Roll = 1")))
    case("valid_transaction_above_2_53", ok(txn="9007199254740993"), mm_body(mm_members(transId=9007199254740993)))
    for code in [1000, 7000, 7002, 8000, 9000]:
        case(f"valid_pending_{code}", ok("pending"), mm_body(mm_members(resultCode=code)))
    for code in [1003, 1006]:
        case(f"valid_cancelled_{code}", ok("cancelled"), mm_body(mm_members(resultCode=code)))
    for code in [10, 11, 22, 42, 98, 99, 1001, 1002, 1004, 1005, 1007, 1017, 1026, 1080, 1081, 2019, 4001, 4100, 123456]:
        case(f"valid_failed_{code}", ok("failed"), mm_body(mm_members(resultCode=code)))
    case("valid_failure_without_number", ok("failed", None), mm_body(mm_members(resultCode=1005, transId=0)), strictness="should")
    case("signature_upper_case", reject("bad_signature"), mm_body(
        mm_members(), signature=mac256(MM_KEY, mm_text(mm_members())).upper()))
    case("signature_empty", reject("missing_signature", "bad_signature"), mm_body(mm_members(), signature=""))
    case("signature_of_empty_key", reject("bad_signature"), mm_body(mm_members(), signature=hmac.new(
        b"", mm_text(mm_members()).encode(), hashlib.sha256).hexdigest()))
    case("access_key_from_body", reject("bad_signature"), mm_body(
        mm_members(accessKey="attacker"), signature=mac256(MM_KEY, mm_text(mm_members(), "attacker"))))
    case("duplicate_result_code", reject("duplicate_key"), good[:-1] + ',"resultCode":0}')
    case("body_not_json", reject("malformed_body"), "orderId=1")
    case("body_depth_3000", reject("malformed_body"), good[:-1] + ',"x":' + "[" * 3000 + "]" * 3000 + "}")
    case("body_bom", reject("malformed_body"), b"\xef\xbb\xbf" + good.encode())
    case("body_lone_surrogate", reject("malformed_body"), good.replace("Thanh toan", "\\udc00"))
    for value, name in [("250000", "text"), (250000.5, "fraction"), (-1, "negative"), (0, "zero"), (2**63, "over_int64")]:
        case(f"amount_{name}", reject("bad_amount"), mm_body(mm_members(amount=value)))
    for member in MM_SIGNED:
        case(f"{member}_missing", reject("missing_field", "bad_signature"), mm_body(mm_members(**{member: ...})))
    case("order_slash", reject("bad_order_code"), mm_body(mm_members(orderId="TB/1")))
    case("order_number", reject("bad_order_code", "malformed_body"), mm_body(mm_members(orderId=17)), strictness="should")
    case("result_code_text", reject("malformed_body", "unsupported_value"), mm_body(mm_members(resultCode="0")),
         strictness="should")
    case("other_partner", reject("account_mismatch"), mm_body(mm_members(partnerCode="MOMOOTHER")))
    case("no_key", reject("config_error"), good, {"partner_code": "MOMOTBX", "access_key": MM_ACCESS, "secret_key": []})
    case("empty_key", reject("config_error"), good, {"partner_code": "MOMOTBX", "access_key": MM_ACCESS, "secret_key": [""]})
    case("empty_access_key", reject("config_error"), good, {"partner_code": "MOMOTBX", "access_key": "", "secret_key": [MM_KEY]})
    recut("message_to_order", {"message": "A&orderId=B", "orderId": MM_ORDER},
          {"message": "A", "orderId": f"B&orderId={MM_ORDER}"}, ["bad_order_code"])
    recut("info_to_type", {"orderInfo": "a&orderType=b"},
          {"orderInfo": "a", "orderType": "b&orderType=momo_wallet"}, ["unsupported_value"])
    recut("order_into_message", {"orderInfo": "a&orderId=VICTIM-1&orderInfo=b"},
          {"message": f"Successful.&orderId={MM_ORDER}&orderInfo=a", "orderId": "VICTIM-1", "orderInfo": "b"},
          ["unsupported_value"])
    recut("order_into_extra_data", {"orderInfo": "a&message=m&orderId=VICTIM-1&orderInfo=b"},
          {"extraData": f"&message=Successful.&orderId={MM_ORDER}&orderInfo=a", "message": "m", "orderId": "VICTIM-1",
           "orderInfo": "b"}, ["unsupported_value"])


zalopay()
vnpay()
momo()
json.dump({"format": 1, "note": "Made by make_extra.py. All secrets are invented.", "vectors": VECTORS}, sys.stdout,
          ensure_ascii=False, indent=1)
print()
