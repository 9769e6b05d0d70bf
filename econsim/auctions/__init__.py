"""Auctions: pure allocation and payment rules on arrays."""

from econsim.auctions.sealed import SealedOutcome, all_pay, first_price, kth_price, second_price

__all__ = ["SealedOutcome", "all_pay", "first_price", "kth_price", "second_price"]
