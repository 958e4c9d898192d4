"""TypeScript with elements of markup."""

from __future__ import annotations

from wtagents.core.record import replace
from wtagents.ladder.structural.languages import typescript

LANGUAGE = replace(typescript.LANGUAGE, name="TSX", function="language_tsx")
