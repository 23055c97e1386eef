"""The library from Python through cffi: verify a callback, write an outbox row into sqlite3, publish it with a transport in Python, draw a ticket.

Run it after a build:  TICKETBOTTLE_LIBRARY_DIR=build/release/lib python3 examples/capi/spine.py
"""
import os
import pathlib
import re
import sqlite3
import tempfile

import cffi

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parent.parent / "capi/include/ticketbottle/c"
LIBRARIES = pathlib.Path(os.environ["TICKETBOTTLE_LIBRARY_DIR"])


def declarations(name):
    """A header without what cffi cannot read: preprocessor lines (numbers are read from them) and TKB_API."""
    text = (HEADERS / name).read_text()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = text.replace("\\\n", " ")
    constants = re.findall(r"^#define (TKB_\w+) (\d+)u?\s*$", text, flags=re.M)
    text = re.sub(r"^#.*$", "", text, flags=re.M).replace('extern "C" {', "").replace("TKB_API", "")
    text = re.sub(r"^}\s*$(?![\s\S]*^\w)", "", text, flags=re.M)
    return text, constants


ffi = cffi.FFI()
TKB = {}
for header in ("base.h", "gateway.h", "outbox_store.h", "outbox.h", "payment_store.h", "sqlite.h", "ticket.h"):
    source, numbers = declarations(header)
    ffi.cdef(source)
    TKB.update((name, int(value)) for name, value in numbers)
core = ffi.dlopen(str(LIBRARIES / "libticketbottle_c.so"))
sqlite_store = ffi.dlopen(str(LIBRARIES / "libticketbottle_c_sqlite.so"))
tickets = ffi.dlopen(str(LIBRARIES / "libticketbottle_c_ticket.so"))

kept = []  # memory that a struct points into must live as long as the struct


def view(text):
    raw = text if isinstance(text, bytes) else text.encode()
    buffer = ffi.new("char[]", raw)
    kept.append(buffer)
    return {"data": buffer, "size": len(raw)}


def unview(piece):
    return bytes(ffi.buffer(piece.data, piece.size)) if piece.size else b""


class Refused(Exception):
    def __init__(self, status, reason, detail):
        super().__init__(f"status {status} {reason} {detail}".strip())
        self.status, self.reason = status, reason


def check(call, *arguments):
    error = ffi.new("tkb_error **")
    status = call(*arguments, error)
    if status != TKB["TKB_OK"]:
        reason, detail = unview(core.tkb_error_reason(error[0])).decode(), unview(core.tkb_error_detail(error[0])).decode()
        core.tkb_error_destroy(error[0])
        raise Refused(status, reason, detail)


def made(kind, call, *arguments):
    out = ffi.new(f"{kind} **")
    check(call, *arguments, out)
    return out[0]


def struct(kind, **fields):
    value = ffi.new(f"{kind} *", {"struct_size": ffi.sizeof(kind), **fields})
    kept.append(value)
    return value


def verify_a_callback():
    gateways = made("tkb_gateways", core.tkb_gateways_create)
    for name, value in (("app_id", "990001"), ("key2", "zalopay-example-key")):
        check(core.tkb_gateways_set, gateways, TKB["TKB_GATEWAY_ZALOPAY"], ffi.new("tkb_bytes *", view(name))[0],
              ffi.new("tkb_bytes *", view(value))[0])
    now = 1763712000000
    paid = struct("tkb_test_notification", amount_minor_units=250000, order_id=view("251121_TB-1"), transaction_id=view("251121000000001"))
    owned = made("tkb_owned_request", core.tkb_sign, gateways, TKB["TKB_GATEWAY_ZALOPAY"], paid, now)
    request = struct("tkb_request")
    check(core.tkb_owned_request_view, owned, request)
    notification = made("tkb_notification", core.tkb_verify, gateways, TKB["TKB_GATEWAY_ZALOPAY"], request, now)
    said = struct("tkb_notification_view")
    check(core.tkb_notification_get, notification, said)
    assert unview(said.order_id) == b"251121_TB-1" and said.amount_minor_units == 250000 and unview(said.currency) == b"VND"

    request.body = view(unview(request.body).replace(b"250000", b"950000"))
    try:
        made("tkb_notification", core.tkb_verify, gateways, TKB["TKB_GATEWAY_ZALOPAY"], request, now)
        raise AssertionError("a forged callback was accepted")
    except Refused as refused:
        assert refused.status == TKB["TKB_UNAUTHENTIC"] and refused.reason == "bad_signature", refused
    status, body = ffi.new("int32_t *"), ffi.new("tkb_buffer **")
    check(core.tkb_reply, TKB["TKB_GATEWAY_ZALOPAY"], TKB["TKB_SITUATION_APPLIED"], status, ffi.NULL, body)
    assert status[0] == 200 and b'"return_code":1' in unview(core.tkb_buffer_bytes(body[0])).replace(b" ", b"")
    core.tkb_buffer_destroy(body[0])
    core.tkb_notification_destroy(notification)
    core.tkb_owned_request_destroy(owned)
    core.tkb_gateways_destroy(gateways)


def write_and_publish(folder):
    path = os.path.join(folder, "shop.db")
    store = made("tkb_outbox_store", sqlite_store.tkb_sqlite_outbox_store_open, ffi.new("tkb_bytes *", view(path))[0], 5000)

    # The event's row joins the shop's own transaction, through Python's own driver.
    event = struct("tkb_outbox_event", aggregate_id=view("payment-1"), event_type=view("PAYMENT_COMPLETED"),
                   payload=view('{"payment_id":"payment-1"}'), created_at_ms=1763712000000)
    none = ffi.new("tkb_bytes *")[0]
    statement = made("tkb_statement", core.tkb_outbox_insert_statement, event, TKB["TKB_DIALECT_SQLITE"], none)
    sql = unview(core.tkb_statement_text(statement)).decode()
    parameters = [unview(core.tkb_statement_parameter(statement, i)).decode() for i in range(core.tkb_statement_parameter_count(statement))]
    core.tkb_statement_destroy(statement)
    shop = sqlite3.connect(path)
    with shop:
        shop.execute(sql, parameters)
    shop.close()

    published = []

    @ffi.callback("tkb_status(void *, const tkb_message *, size_t, uint32_t, tkb_delivery_report *)")
    def publish(_user, messages, count, _timeout, reports):
        for i in range(count):
            published.append((unview(messages[i].topic), unview(messages[i].key)))
            reports[i].delivery = TKB["TKB_DELIVERY_DELIVERED"]
        return TKB["TKB_OK"]

    vtable = struct("tkb_transport_vtable", publish=publish)
    relay = made("tkb_relay", core.tkb_relay_create, ffi.NULL, store, vtable, ffi.NULL)
    report = struct("tkb_relay_report")
    check(core.tkb_relay_run_once, relay, 5000, report)
    assert report.published == 1 and published == [(b"payment.completed", b"payment-1")], published
    core.tkb_relay_destroy(relay)
    core.tkb_outbox_store_destroy(store)


def draw_a_ticket():
    options = struct("tkb_ticket_options", qr_base_url=view("https://tickets.example.com/check"))
    renderer = made("tkb_ticket_renderer", tickets.tkb_ticket_renderer_create, options)
    ticket = ('{"ticket_id":"TK-1","order_code":"TB-1","event_id":"EV-1","event_name":"Đêm nhạc","event_date":"2026-12-24T12:00:00Z",'
              '"event_venue":"Nhà hát","ticket_type":"VIP","customer_name":"Nguyễn Văn Á","customer_email":"a@example.com",'
              '"qr_code_data":"code-1","issued_at":"2026-11-21T08:00:00Z"}')
    pdf = made("tkb_buffer", tickets.tkb_ticket_render, renderer, ffi.new("tkb_bytes *", view(ticket))[0], TKB["TKB_LANGUAGE_VI"])
    assert unview(core.tkb_buffer_bytes(pdf)).startswith(b"%PDF-")
    core.tkb_buffer_destroy(pdf)
    tickets.tkb_ticket_renderer_destroy(renderer)


verify_a_callback()
with tempfile.TemporaryDirectory() as folder:
    write_and_publish(folder)
draw_a_ticket()
print("a callback verified, a forgery refused, an event published, a ticket drawn")
