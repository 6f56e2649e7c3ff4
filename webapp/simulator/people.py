"""Who browses: people and bots with an address, a browser and habits; the same seed gives the same town."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6"
_BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Safari/605.1.15",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_SAFARI} Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {_SAFARI} Mobile/15E148 Safari/604.1",
)
_WEIGHTS = (26, 8, 10, 34, 18, 4)
_BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "python-requests/2.32.3",
)
_LANGUAGES = (
    "lv-LV,lv;q=0.9,en;q=0.7",
    "lt-LT,lt;q=0.9",
    "et-EE,et;q=0.9,ru;q=0.5",
    "ru-RU,ru;q=0.9",
    "en-GB,en;q=0.9",
)
_NAMED_BOTS = 0.02


class Habit(StrEnum):
    """How somebody behaves on one visit."""

    PLAIN = "plain"
    #: Clicks twice at once.
    DOUBLE_CLICK = "double_click"
    #: The page, or somebody's cache, fires the pixel again.
    REPLAY = "replay"
    #: Clicks what was never shown.
    BLIND_CLICK = "blind_click"
    #: Sends a token that nobody signed.
    FORGED = "forged"
    BOT = "bot"


_HABITS = (
    (Habit.PLAIN, 920),
    (Habit.DOUBLE_CLICK, 30),
    (Habit.REPLAY, 30),
    (Habit.BLIND_CLICK, 10),
    (Habit.FORGED, 10),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser."""

    ip: str
    user_agent: str
    language: str
    is_bot: bool = False


class Town:
    """The people of a simulation: a few come often, most now and then."""

    def __init__(self, seed: int, size: int = 20_000) -> None:
        self._random = Random(seed)  # noqa: S311
        self._size = size
        self._seed = seed
        self._visits = 0

    def next_visit(self) -> None:
        """Begin a visit whose chances are its own, whatever came of those before it."""
        self._visits += 1
        self._random.seed(f"{self._seed}:visit:{self._visits}")

    def somebody(self) -> Person:
        """Return who comes next; one visit in fifty is a bot's."""
        if self._random.random() < _NAMED_BOTS:
            return Person(self._address(self._random.randrange(50), "198.18"), self._random.choice(_BOTS), "", True)
        # Squared: the first of the town come much oftener than the last.
        return self.person(int(self._size * self._random.random() ** 2))

    def person(self, number: int) -> Person:
        """Return one of the town, always the same for a number."""
        own = Random(f"{self._seed}:{number}")  # noqa: S311
        return Person(self._address(number, "100.64"), own.choices(_BROWSERS, _WEIGHTS)[0], own.choice(_LANGUAGES))

    def habit(self, person: Person) -> Habit:
        """Return how somebody behaves this time."""
        if person.is_bot:
            return Habit.BOT
        names = [name for name, _ in _HABITS]
        return self._random.choices(names, [weight for _, weight in _HABITS])[0]

    def chance(self, share: float) -> bool:
        """Tell whether something of this likelihood happens."""
        return self._random.random() < share

    def between(self, least: float, most: float) -> float:
        """Return a number of seconds in a range."""
        return self._random.uniform(least, most)

    def draw(self) -> float:
        """Return a number from 0 up to 1."""
        return self._random.random()

    @staticmethod
    def _address(number: int, network: str) -> str:
        # A neighbourhood (/24) of its own for every four people, so that no rate limit meets the innocent.
        return f"{network}.{number // 4 % 256}.{number // 1024 % 63 * 4 + number % 4 + 1}"
