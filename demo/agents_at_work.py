"""Fernhill Parcels: a made-up carrier's support agents and their tools.

The tools are real SDK function tools; what they return is fixed, so that recording again gives the
same items.
"""

import base64
import json
import random
import struct
import zlib

from agents import Agent, HostedMCPTool, ToolOutputImage, function_tool
from agents.testing import ScriptedModel

import planted

PARCELS = {
    "FH-20417": {"status": "in transit", "at": "Zürich Mülligen", "eta": "2026-03-04", "kg": 2.4},
    "FH-20418": {"status": "held by customs", "at": "東京 新砂", "eta": None, "kg": 11.0},
    "FH-20560": {"status": "delivered", "at": "Ghent", "eta": "2026-02-27", "kg": 0.8},
}


@function_tool
def track_parcel(parcel: str) -> dict:
    """Where a parcel is."""
    return {"parcel": parcel, **PARCELS[parcel]}


@function_tool
def find_customer(query: str) -> str:
    """A customer's record, as the CRM gives it."""
    return json.dumps(
        {
            "id": 8841,
            "name": "Imogen Achterberg",
            "email": planted.EMAIL,
            "phone": planted.PHONE,
            "last_order": planted.ORDER_NUMBER,
            "total_tokens": 512,
        }
    )


@function_tool
def open_invoice(order: str) -> dict:
    """The invoice of an order."""
    return {"order": order, "lines": [{"text": "Express, 2.4 kg", "eur": 18.9}], "paid": False}


@function_tool(needs_approval=True)
def refund(order: str, eur: float) -> str:
    """Pay money back. A person has to agree."""
    return f"refunded {eur:.2f} EUR for {order}"


@function_tool
def charge_card(order: str, card: str, cvc: str) -> str:
    """Charge a card."""
    return f"charged 18.90 EUR for {order} to card {card}, receipt to {planted.EMAIL}"


@function_tool
def read_config(service: str) -> str:
    """A service's environment, as its host has it."""
    return "\n".join(
        [
            f"# {service} on depot-7, commit {planted.COMMIT}",
            f"AWS_ACCESS_KEY_ID={planted.AWS_ID}",
            f"AWS_SECRET_ACCESS_KEY={planted.AWS_SECRET}",
            f"DATABASE_URL={planted.DATABASE_URL}",
            f"SLACK_BOT_TOKEN={planted.SLACK_TOKEN}",
            "MAX_TOKENS=4096",
            "LOG_LEVEL=info",
            planted.PRIVATE_KEY,
        ]
    )


@function_tool
def rotate_credentials(service: str, password: str, options: str) -> dict:
    """Give a service new credentials. `options` is JSON in a string, as its HTTP API wants it."""
    return {"service": service, "rotated": True, "session": planted.JWT, "trace": planted.TRACE_ID}


@function_tool
def http_get(url: str, headers: str) -> str:
    """Fetch a page of the intranet."""
    return (
        f"> GET {url}\n> {headers}\n< HTTP/1.1 200 OK\n"
        f"< set-cookie: sid={planted.COOKIE}; HttpOnly\n\n"
        '{"printers": 14, "queue": 0, "token_bucket": {"rate": 5, "burst": 20}}'
    )


def sorter_log(lines: int) -> str:
    """What a sorting machine writes in a night."""
    dice = random.Random(20260301)
    out = []
    for n in range(lines):
        second = n * 7 + dice.randrange(5)
        out.append(
            f"2026-03-01T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z sorter-3 "
            f"lane={dice.randrange(24):02} parcel=FH-{dice.randrange(10000, 99999)} "
            f"kg={dice.uniform(0.1, 30):.2f} scan={dice.randrange(12, 90)}ms ok"
        )
    out[lines // 2] = f"2026-03-01T03:12:44Z sorter-3 JAM lane=11, paged {planted.EMAIL_IN_LOG}"
    return "\n".join(out)


@function_tool
def fetch_log(machine: str, lines: int) -> str:
    """A machine's log of last night."""
    return sorter_log(lines)


def photo(width: int, height: int, seed: int) -> str:
    """A PNG as a data URL: a grey gradient with grain, so that it does not compress to nothing."""
    dice = random.Random(seed)

    def row(y: int) -> bytes:
        grain = dice.randbytes(width)
        return b"\0" + bytes((x + y) // 4 % 128 + grain[x] % 128 for x in range(width))

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"".join(map(row, range(height))), 9))
        + chunk(b"IEND", b"")
    )
    return "data:image/png;base64," + base64.b64encode(png).decode()


@function_tool
def dock_camera(dock: int) -> ToolOutputImage:
    """What the camera over a dock sees."""
    return ToolOutputImage(image_url=photo(300, 220, seed=dock), detail="low")


@function_tool
def scan_label(parcel: str) -> str:
    """What a hand scanner read: it cuts text anywhere, and pads with NUL."""
    return "FH-20560\x00\x00\x00 Bücherkiste \ud83d Gent \u2028 ende"


@function_tool
def print_label(parcel: str) -> str:
    """Print a label. The printer of this demo is always out of paper."""
    raise RuntimeError("printer depot-7/2: out of paper")


def crew(model: ScriptedModel, on_mcp_approval=None) -> Agent:
    """The agents, all played by one scripted model. The front desk is where a conversation starts."""
    billing = Agent(
        name="Billing",
        model=model,
        instructions="Answer questions about money. Refunds need a person's approval.",
        tools=[open_invoice, refund, charge_card],
    )
    operations = Agent(
        name="Operations",
        model=model,
        instructions="Keep the depots running. Quote logs, never whole ones.",
        tools=[read_config, rotate_credentials, http_get, fetch_log, dock_camera],
    )
    registry = HostedMCPTool(
        tool_config={
            "type": "mcp",
            "server_label": "address_registry",
            "server_url": "https://mcp.fernhill.example/registry",
            "require_approval": "always",
        },
        on_approval_request=on_mcp_approval,
    )
    return Agent(
        name="Front desk",
        model=model,
        instructions="Help people find their parcels. Hand money to Billing, depots to Operations.",
        tools=[track_parcel, find_customer, scan_label, print_label, registry],
        handoffs=[billing, operations],
    )
