"""Amounts of one resource (bytes, places): a total, a cap per lane, and a reserve that only known callers may use.

A lane is what may be greedy alone: an address, an account, an organization. What does not fit is refused at once;
`gateway_kit.fairness` is for work that waits.
"""

from typing import Literal, NamedTuple

Full = Literal["lane", "total"]
"""Why an amount was refused: the caller's own lane is full, or everything is."""


class Lane(NamedTuple):
    """One caller's part.

    Attributes:
        name: unique over all kinds of lanes that share.
        cap: the most that it holds at one time.
    """

    name: str
    cap: int


class Allowance:
    """Amounts that are held now.

    Args:
        total: the most that all lanes hold together.
        reserve: the part of the total, and of each lane in proportion, that only known callers get. So callers that
            anyone can invent, however many, leave it to those that proved themselves before.
    """

    def __init__(self, *, total: int, reserve: int = 0) -> None:
        if not 0 <= reserve < total:
            raise ValueError("the reserve must be less than the total")
        self._total = total
        self._open = total - reserve
        self.half = max(1, total // 2)
        """The usual cap of a tenant's lane."""
        self._held = 0
        self._lanes: dict[str, int] = {}

    @property
    def held(self) -> int:
        """The sum that all lanes hold."""
        return self._held

    def held_by(self, lane: str) -> int:
        """The amount that one lane holds."""
        return self._lanes.get(lane, 0)

    def take(self, amount: int, *lanes: Lane, is_known: bool = False) -> Full | None:
        """Hold an amount more in every one of these lanes, or in none of them.

        Returns:
            None when it is held; why not otherwise.
        """
        held = self._lanes
        for name, cap in lanes:
            if not is_known:
                cap = max(1, cap * self._open // self._total)
            if held.get(name, 0) + amount > cap:
                return "lane"
        if self._held + amount > (self._total if is_known else self._open):
            return "total"
        self._held += amount
        for name, _ in lanes:
            held[name] = held.get(name, 0) + amount
        return None

    def give_back(self, amount: int, *lanes: Lane) -> None:
        """Give back what was taken in the same lanes; a lane that holds nothing is forgotten."""
        self._held -= amount
        for name, _ in lanes:
            left = self._lanes.get(name, 0) - amount
            if left > 0:
                self._lanes[name] = left
            else:
                self._lanes.pop(name, None)
