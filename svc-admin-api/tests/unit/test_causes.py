"""Trees of causes: each step once, after its cause, and no circle."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from admin_api.explanations.domain.step import Step
from admin_api.shared.domain.causes import Node, build_tree

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
NAMES = tuple("abcdefgh")


def a_step(name: str, cause: str | None = None, second: int = 0) -> Step:
    return Step(name, "change", START + timedelta(seconds=second), "event", "svc-transaction", cause=cause)


steps = st.lists(
    st.builds(a_step, st.sampled_from(NAMES), st.none() | st.sampled_from((*NAMES, "lost")), st.integers(0, 3)),
    max_size=12,
)


def outline(nodes: tuple[Node[Step], ...]) -> str:
    return " ".join(f"{'.' * node.depth}{node.step.id}" for node in nodes)


@given(steps)
def test_every_step_is_there_once_after_its_cause(given_steps: list[Step]) -> None:
    nodes = build_tree(given_steps)

    names = [node.step.id for node in nodes]
    assert sorted(names) == sorted({step.id for step in given_steps})
    places = {node.step.id: node for node in nodes}
    for number, node in enumerate(nodes):
        if node.cause is None:
            assert node.depth == 0
        else:
            assert node.cause in names[:number]
            assert node.depth == places[node.cause].depth + 1


@given(steps)
def test_a_cause_that_is_not_stored_is_said_and_nothing_else_is(given_steps: list[Step]) -> None:
    known = {step.id for step in given_steps}
    for node in build_tree(given_steps):
        assert node.is_cause_lost == (node.step.cause is not None and node.step.cause not in known)


@given(steps, st.randoms(use_true_random=False))
def test_the_order_of_the_steps_that_are_given_does_not_matter(given_steps: list[Step], chance: object) -> None:
    single = list({step.id: step for step in given_steps}.values())
    mixed = list(single)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # a random.Random
    assert build_tree(mixed) == build_tree(single)


def test_effects_stand_below_their_cause_in_the_order_of_time() -> None:
    given_steps = [a_step("c", "a", 3), a_step("b", "a", 1), a_step("d", "b", 2), a_step("a"), a_step("e", "lost", 1)]
    assert outline(build_tree(given_steps)) == "a .b ..d .c e"


def test_a_circle_begins_with_its_earliest_step() -> None:
    given_steps = [a_step("b", "a", 2), a_step("a", "b", 1), a_step("c", "c", 3)]
    assert outline(build_tree(given_steps)) == "a .b c"
