"""What a store tells when there is more of it than it reads at once."""

from registry.revisions import Change
from registry.testing.stores.steps import Ask, Follow, LookBack, ReopenStore, Snap
from registry.testing.stores.world import StoreWorld

SUBMISSIONS = 60
"""So many, of one to `CHANGES` changes: their ends fall everywhere within what a store reads at once."""

CHANGES = 24


def a_long_log_is_told_whole(world: StoreWorld) -> None:
    most = min(CHANGES, world.store.limits.changes)
    begin = len(world.history.lines)
    for number in range(SUBMISSIONS):
        record = b'{"n":%d}' % number
        names = [f"n{number % 50}-{each}" for each in range(1 + number * 7 % most)]
        world.submit("a", [Change("often", record), *(Change(name, record) for name in names[1:])], world.operation())
        del world.history.lines[begin:]  # they are told in one line
        world.history.note(
            f"for n in range({number + 1}): store.submit('a', [Change('often', …), *(Change(f'n{{n % 50}}-{{each}}', …)"
            f" for each in range(1, 1 + n * 7 % {most}))], operation=f'operation-{{n + 1}}').result()"
        )
    Snap("a").take(world)
    LookBack("a", "often").take(world)
    Ask("a", "often").take(world)
    Follow(len(world.model.log), None).take(world)
    Follow(len(world.model.log) // 2, ("a",)).take(world)
    ReopenStore().take(world)  # what was kept at hand of the log is not any more
    Snap("a").take(world)
    Follow(len(world.model.log) // 2, ("a",)).take(world)


LAWS = (a_long_log_is_told_whole,)
"""Each is tried on a new store."""
