"""Pages of a collection, newest first: by number near the front, by cursor however deep."""

from typing import Any

from pymongo.asynchronous.collection import AsyncCollection

from admin_api.shared.domain.paging import ROWS_REACHABLE_MAX, PageWish, cursor_after, position_of


async def page_of(
    collection: AsyncCollection[dict[str, Any]], query: dict[str, Any], wish: PageWish, *, key: str = "_id"
) -> tuple[list[dict[str, Any]], int, str | None]:
    """Rows, how many there are in all (exact to `ROWS_REACHABLE_MAX`), and the cursor of the next page.

    ``key`` is unique within the query and ascends with time.
    """
    matching = {**query, **_created(wish)}
    total = await collection.count_documents(matching, limit=ROWS_REACHABLE_MAX)
    reached = dict(matching)
    if wish.cursor is not None:
        position: Any = position_of(wish.cursor)
        if key != "_id":
            position = int(position) if position.isdigit() else 0
        reached = {"$and": [matching, {key: {"$lt": position}}]}
    found = collection.find(reached).sort(key, -1).skip(wish.skipped).limit(wish.limit + 1)
    rows = await found.to_list()
    shown = rows[: wish.limit]
    return shown, total, cursor_after(str(shown[-1][key])) if len(rows) > wish.limit else None


def _created(wish: PageWish) -> dict[str, Any]:
    bounds = {name: at for name, at in (("$gte", wish.created_from), ("$lt", wish.created_to)) if at is not None}
    return {"created_at": bounds} if bounds else {}
