"""The last clearing in words, with its numbers: who won, at what price, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

from econsim.digits import rounded

Facts = Mapping[str, Any]


def money(amount: float) -> str:
    """Credits, to four digits."""
    return rounded(amount)


def explain(facts: Facts) -> str:
    """A sentence or two on a clearing.

    Parameters
    ----------
    facts : mapping
        As `econsim.visualization.numbers.clearing` makes it.
    """
    if facts["rule"] == "none":
        if facts["round"]:
            return f"Round {facts['round']}: no seller offers anything."
        return "Nothing was cleared yet: press Step or Play."
    if not facts["sold"]:
        return f"{_opening(facts)}, and nothing was sold: {_refused(facts)}."
    reason = REASONS[facts["rule"]](facts)
    return f"{_opening(facts)}. {reason}{_fee(facts)}"


def _opening(facts: Facts) -> str:
    """Who met whom."""
    bidders = _count(facts["orders"], "buyer")
    at = f" ({facts['category']})" if facts["category"] else ""
    if facts["rule"] == "pooled":
        return f"Round {facts['round']}, all sellers{at}: {bidders} bid"
    verb = "come" if facts["rule"] == "posted" else "bid"
    units = _count(facts["capacity"], "unit")
    return f"Round {facts['round']}, seller {facts['seller']}{at}: {bidders} {verb} for {units}"


def _refused(facts: Facts) -> str:
    if facts["rule"] == "pooled":
        return _untraded(facts)
    if facts["capacity"] == 0:
        return "the seller is banned" if facts["barred"] else "the seller has no unit to sell"
    if facts["rule"] == "posted":
        return f"the price is {money(facts['ask'])}" + (
            "" if facts["orders"] else ", and nobody comes"
        )
    if not facts["orders"]:
        return "nobody bids"
    return f"the reserve is {money(facts['ask'])}"


def _untraded(facts: Facts) -> str:
    """Why nobody trades where all buyers meet all sellers."""
    if facts["ask"] is None:
        return "no seller has a unit to sell"
    if not facts["orders"]:
        return "nobody bids"
    bid, ask = money(facts["rejected"]), money(facts["ask"])
    if facts["rejected"] < facts["ask"]:
        return f"the highest bid is {bid}, the lowest ask {ask}"
    return (
        f"the highest bid, {bid}, reaches the lowest ask, {ask}, but no further trade sets the "
        "price, and the mechanism gives up this one"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _names(facts: Facts) -> str:
    """The winners, the first few by name and bid."""
    winners: Sequence[Mapping[str, Any]] = facts["winners"]
    named = [f"buyer {winner['buyer']} (bid {money(winner['bid'])})" for winner in winners]
    rest = facts["sold"] - len(winners)
    named += [f"{rest:,} more"] if rest else []
    text = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return text[:1].upper() + text[1:]


def _win(facts: Facts) -> str:
    """Who pays what; one price is said once."""
    verb, pay = ("wins", "pays") if facts["sold"] == 1 else ("win", "pay")
    paid = [money(winner["payment"]) for winner in facts["winners"]]
    if not facts["uniform"]:
        rest = " …" if facts["sold"] > len(paid) else ""
        return f"{_names(facts)} {verb} and {pay} {', '.join(paid)}{rest}"
    return f"{_names(facts)} {verb} and {pay} {paid[0]}{'' if facts['sold'] == 1 else ' each'}"


def _posted(facts: Facts) -> str:
    quotes = ", ".join(
        f"buyer {winner['buyer']} {money(winner['payment'])}" for winner in facts["winners"]
    )
    term = f" for {_count(facts['term'], 'round')}" if facts["term"] else ""
    lots = "lots decide who is served" if facts["orders"] > facts["sold"] else "all are served"
    served = _count(facts["sold"], "buyer")
    return (
        f"The posted price{term} is {money(facts['ask'])}; {lots}, and {served} "
        f"{'pays its' if facts['sold'] == 1 else 'pay their'} quote ({quotes})."
    )


def _pay_as_bid(facts: Facts) -> str:
    first, one = facts["winners"][0], facts["sold"] == 1
    text = f"{_names(facts)} {'wins and pays what it' if one else 'win and pay what each'} bid"
    if facts["rejected"] is None:
        return f"{text}; nobody else bid, so {money(facts['ask'])}, the reserve, would have done."
    least = max(facts["rejected"], facts["ask"])
    bound = "highest rejected bid" if facts["rejected"] >= facts["ask"] else "reserve"
    return (
        f"{text}; the {bound} was {money(least)}, so buyer {first['buyer']} could have bid "
        f"{money(first['bid'] - least)} less and still have won.{_naive(facts)}"
    )


def _naive(facts: Facts) -> str:
    """What truth is worth where one pays what one bids."""
    if not facts.get("truthful"):
        return ""
    return " Buyers bid their values here, which is no equilibrium: choose a strategy that shades."


def _rejected(facts: Facts) -> str:
    paid = facts["winners"][0]["payment"]
    if facts["rejected"] is not None and facts["rejected"] >= facts["ask"] and paid > facts["ask"]:
        return f"{_win(facts)}, the highest rejected bid: no winner's own bid moves its price."
    return f"{_win(facts)}, the reserve: no rejected bid is higher."


def _other(facts: Facts) -> str:
    """A rule that is not known here: what was paid, and beside what."""
    return f"{_win(facts)}, by the rule of {facts['pricing']}."


def _own(facts: Facts) -> str:
    """The reason that the pricing model itself states."""
    return f"{_win(facts)}, {facts['reason']}."


def _clarke(facts: Facts) -> str:
    first = facts["winners"][0]
    external = first["payment"] - facts["ask"]
    if external <= 0:
        return f"{_win(facts)}, the reserve: its presence costs no other bidder anything."
    whose = "" if facts["uniform"] else f" of buyer {first['buyer']}"
    return (
        f"{_win(facts)}: the reserve of {money(facts['ask'])} and the Clarke externality{whose} "
        f"of {money(external)}, which is what the other bidders lose by its presence."
    )


def _pooled(facts: Facts) -> str:
    """McAfee's rule: one price, or the marginal bid and ask with a trade given up."""
    text = (
        f"{_names(facts)} {'trades' if facts['sold'] == 1 else 'trade'}: buyers pay "
        f"{money(facts['payment'])}, sellers receive {money(facts['receipt'])}; the lowest bid "
        f"that trades is {money(facts['lowest'])}"
    )
    if facts["rejected"] is not None:
        text += f", the highest that does not is {money(facts['rejected'])}"
    kept = facts["payment"] - facts["receipt"]
    if kept > 0:
        text += f"; a trade is given up, and the mechanism keeps {money(kept)} of each"
    return f"{text}."


def _fee(facts: Facts) -> str:
    if not facts["fee"]:
        return ""
    return f" The market keeps a fee of {100 * facts['fee']:.3g} % of what sellers receive."


REASONS = {
    "posted": _posted,
    "pay-as-bid": _pay_as_bid,
    "rejected": _rejected,
    "clarke": _clarke,
    "pooled": _pooled,
    "own": _own,
    "other": _other,
}
