"""detect-secrets with its defaults: what it finds in a file is replaced in the text."""

import json
import tempfile
from pathlib import Path
from typing import Any

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

from runner import answer


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, default_settings():
        path = Path(folder) / "payload.json"

        def prepare(value: Any) -> str:
            """One member a line: it looks at a line at a time."""
            text = json.dumps(value, ensure_ascii=False, indent=1)
            path.write_text(text)
            return text

        def redact(text: str) -> str:
            found = SecretsCollection()
            found.scan_file(str(path))
            values = {secret.secret_value for _, secret in found if secret.secret_value}
            for value in sorted(values, key=len, reverse=True):
                text = text.replace(value, "[secret]")
            return text

        answer("text", redact, prepare)


if __name__ == "__main__":
    main()
