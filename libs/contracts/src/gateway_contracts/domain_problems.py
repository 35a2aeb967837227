"""Problems of checkout domains: codes that are stored, and their sentences. The console translates the sentences."""

from collections.abc import Mapping
from typing import Final, Literal

DomainProblem = Literal[
    "dns_silent", "alias_circle", "other_target", "address_record", "unknown_name", "no_record", "site_deleted"
]
_RECORD: Final = "create the record: %(name)s CNAME %(target)s"
SENTENCES: Final[Mapping[DomainProblem, str]] = {
    "dns_silent": "the name servers of %(name)s did not answer in time; try again later",
    "alias_circle": f"the aliases of %(name)s lead in a circle; {_RECORD}",
    "other_target": "%(name)s points to %(found)s instead of %(target)s; change its CNAME record",
    "address_record": f"%(name)s has an address record (%(found)s) instead of an alias; delete it and {_RECORD}",
    "unknown_name": f"%(name)s does not exist in DNS yet; {_RECORD}",
    "no_record": f"%(name)s has no CNAME record; {_RECORD}",
    "site_deleted": "the site was deleted",
}


def problem_text(code: DomainProblem, values: Mapping[str, str]) -> str:
    """The sentence in English."""
    return SENTENCES[code] % values
