"""What is said in the demo's conversations: one function each, a list of turns.

A turn is what the user says and what the model answers, call by call; tools answer for themselves.
"""

from dataclasses import dataclass, field

from agents.testing import assistant_message, function_call
from openai.types.responses import ResponseReasoningItem
from openai.types.responses.response_output_item import (
    McpApprovalRequest,
    McpCall,
    McpListTools,
    McpListToolsTool,
)

import planted
from agents_at_work import photo


@dataclass
class Turn:
    user: str | list
    # One entry per model call: the items it returns, or the error it fails with.
    model: list
    # Of the tools that wait for a person: the call ids that get a yes. The others get a no.
    approved: set[str] = field(default_factory=set)


class Script:
    """Makes items with ids that say where they belong: `fc_<conversation>_<n>`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._n = 0

    def _id(self, kind: str) -> str:
        self._n += 1
        return f"{kind}_{self.name}_{self._n}"

    def say(self, text: str):
        return assistant_message(text, item_id=self._id("msg"))

    def think(self, text: str):
        return ResponseReasoningItem(
            id=self._id("rs"), type="reasoning", summary=[{"type": "summary_text", "text": text}]
        )

    def call(self, tool: str, arguments: dict | str, call_id: str | None = None):
        item_id = self._id("fc")
        call_id = call_id or item_id.replace("fc_", "call_")
        item = function_call(tool, arguments, call_id=call_id, item_id=item_id)
        return item.model_copy(update={"status": "completed"})


def late_parcel(s: Script) -> list[Turn]:
    return [
        Turn(
            "Guten Tag! Where are FH-20417 (to Zürich) and FH-20418 (to 東京)? 📦 "
            f"Write to {planted.EMAIL} or call {planted.PHONE}.",
            [
                [
                    s.think("Two parcels. The lookups do not depend on each other: do both at once."),
                    s.say("One moment, I am looking both up."),
                    s.call("track_parcel", {"parcel": "FH-20417"}),
                    s.call("track_parcel", '{ "parcel" : "FH-20418" }'),
                    s.call("find_customer", {"query": planted.EMAIL}),
                ],
                [s.say("FH-20417 is in Zürich and arrives on 4 March. FH-20418 is held by customs in 東京.")],
            ],
        ),
        Turn(
            "Then I want my express fee back. The order was " + planted.ORDER_NUMBER + ".",
            [
                [s.call("transfer_to_billing", {})],
                [
                    s.think("Look at the invoice first."),
                    s.call("open_invoice", {"order": planted.ORDER_NUMBER}),
                ],
                [s.say("The invoice of 18.90 EUR is not paid yet, so there is nothing to pay back.")],
            ],
        ),
        Turn("Fair enough, thank you!", [[s.say("Gladly. Danke für Ihre Geduld!")]]),
    ]


def refund_approval(s: Script) -> list[Turn]:
    return [
        Turn(
            "Please refund orders A-118 and A-119, and tell me what A-120 still owes.",
            [
                [s.call("transfer_to_billing", {})],
                [
                    s.think("Two refunds wait for a person; the invoice can be read meanwhile."),
                    s.call("refund", {"order": "A-118", "eur": 18.9}, call_id="call_refund_A118"),
                    s.call("refund", {"order": "A-119", "eur": 250}, call_id="call_refund_A119"),
                    s.call("open_invoice", {"order": "A-120"}),
                ],
                [s.say("A-118 is refunded. The refund of A-119 was not approved. A-120 owes 18.90 EUR.")],
            ],
            approved={"call_refund_A118"},
        )
    ]


def card_payment(s: Script) -> list[Turn]:
    return [
        Turn(
            f"I'd like to pay A-120 now. My card is {planted.CARD}, and no, "
            f"{planted.ORDER_NUMBER} is not a card, that is the order number.",
            [
                [s.call("transfer_to_billing", {})],
                [s.call("charge_card", {"order": "A-120", "card": planted.CARD, "cvc": "737"})],
                [s.say(f"Paid. The receipt goes to {planted.EMAIL}.")],
            ],
        ),
        Turn(
            f"Wrong card, sorry: take {planted.CARD_PLAIN}.",
            [
                [s.call("charge_card", {"order": "A-120", "card": planted.CARD_PLAIN, "cvc": "118"})],
                [s.say("Done, the second card was charged and the first charge will be reversed.")],
            ],
        ),
    ]


def leaked_keys(s: Script) -> list[Turn]:
    options = (
        f'{{"webhook_secret": "{planted.WEBHOOK_SECRET}", "max_tokens": 4096, '
        f'"deploy": {{"github_token": "{planted.GITHUB_TOKEN}"}}}}'
    )
    return [
        Turn(
            "The label printer's service cannot log in. Its config says\n"
            f"  aws_access_key_id = {planted.AWS_ID}\n  aws_secret_access_key = {planted.AWS_SECRET}\n"
            f"  billing = {planted.STRIPE_KEY}\n  model_key = {planted.OPENAI_KEY}\n"
            "Can you see what is wrong? Somebody told me the secret of a good label is dry paper, but still.",
            [
                [s.call("transfer_to_operations", {})],
                [
                    s.think("Compare with the host's own environment."),
                    s.call("read_config", {"service": "label-printer"}),
                    s.call(
                        "http_get",
                        {
                            "url": "https://printers.fernhill.example/health",
                            "headers": f"Authorization: Bearer {planted.BEARER}",
                        },
                    ),
                ],
                [s.say("The database password on the host is an old one. I can rotate it.")],
            ],
        ),
        Turn(
            "Yes, rotate it.",
            [
                [
                    s.call(
                        "rotate_credentials",
                        {
                            "service": "label-printer",
                            "password": planted.SERVICE_PASSWORD,
                            "options": options,
                        },
                    )
                ],
                [s.say("Rotated. Please delete your message above: it has live keys in it.")],
            ],
        ),
    ]


def nightly_log(s: Script, lines: int = 4000) -> list[Turn]:
    return [
        Turn(
            "Sorter 3 stopped at night. What does its log say?",
            [
                [s.call("transfer_to_operations", {})],
                [s.call("fetch_log", {"machine": "sorter-3", "lines": lines})],
                [s.say("One jam, in lane 11 at 03:12. Everything else was scanned in under 90 ms.")],
            ],
        )
    ]


def damaged_box(s: Script) -> list[Turn]:
    return [
        Turn(
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "My box came like this. Was it so at your dock?"},
                        {"type": "input_image", "image_url": photo(260, 200, seed=1), "detail": "auto"},
                    ],
                }
            ],
            [
                [s.call("transfer_to_operations", {})],
                [s.call("dock_camera", {"dock": 4})],
                [s.say("On our picture the corner is whole, so it happened on the last mile.")],
            ],
        )
    ]


def address_registry(s: Script) -> list[Turn]:
    """An MCP server of the provider's: a person is asked, says yes to the look-up and no to the rest."""
    find = {"arguments": '{"q":"Achterberg, Gent"}', "name": "find", "server_label": "address_registry"}
    erase = {"arguments": '{"id":8841}', "name": "erase", "server_label": "address_registry"}
    tools = [McpListToolsTool(name=name, input_schema={"type": "object"}) for name in ("find", "erase")]
    return [
        Turn(
            "Is my address in the registry right? If I am in there twice, erase one.",
            [
                [
                    McpListTools(
                        id="mcpl_registry",
                        type="mcp_list_tools",
                        server_label="address_registry",
                        tools=tools,
                    ),
                    McpApprovalRequest(id="mcpr_find", type="mcp_approval_request", **find),
                ],
                [
                    McpCall(
                        id="mcp_find",
                        type="mcp_call",
                        approval_request_id="mcpr_find",
                        output='[{"id":8841,"city":"Gent"},{"id":8842,"city":"Gand"}]',
                        status="completed",
                        **find,
                    ),
                    McpApprovalRequest(id="mcpr_erase", type="mcp_approval_request", **erase),
                ],
                [s.say("You are in there twice, as Gent and as Gand. Erasing one was not approved.")],
            ],
            approved={"mcpr_find"},
        )
    ]


def broken_scanner(s: Script) -> list[Turn]:
    return [
        Turn(
            "What does the label on FH-20560 say? Print it again, please.",
            [
                [s.call("scan_label", {"parcel": "FH-20560"}), s.call("print_label", {"parcel": "FH-20560"})],
                [s.say("The label reads “Bücherkiste, Gent”. Printing failed: the printer has no paper.")],
            ],
        )
    ]


def model_outage(s: Script) -> list[Turn]:
    """The model fails after a tool ran: the rows of the finished step stay, and the user asks again."""
    return [
        Turn(
            "Where is FH-20560?",
            [[s.call("track_parcel", {"parcel": "FH-20560"})], RuntimeError("upstream: 503")],
        ),
        Turn("Hello? Where is FH-20560?", [[s.say("FH-20560 was delivered in Ghent on 27 February.")]]),
    ]


STORED = {
    "late-parcel": late_parcel,
    "refund-approval": refund_approval,
    "card-payment": card_payment,
    "leaked-keys": leaked_keys,
    "nightly-log": nightly_log,
    "damaged-box": damaged_box,
    "address-registry": address_registry,
    "broken-scanner": broken_scanner,
    "model-outage": model_outage,
}
STREAMED = {
    "late-parcel": late_parcel,
    "broken-scanner": broken_scanner,
    "nightly-log": lambda s: nightly_log(s, lines=2400),
}
AS_CHAT = ["late-parcel", "refund-approval"]
