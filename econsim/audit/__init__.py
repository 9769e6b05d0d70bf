"""Try to break a mechanism: search for the smallest market that refutes a property.

An audit cannot prove a property. ``stands`` means that the search did not refute it; the number of
samples says how hard it tried.
"""

from econsim.audit.search import AuditReport, Counterexample, audit
from econsim.audit.subjects import Subject
from econsim.audit.targets import subject_of, target_names

__all__ = ["AuditReport", "Counterexample", "Subject", "audit", "subject_of", "target_names"]
