"""The kernels in vectorised NumPy: readable, and the oracle for `econsim.kernels.compiled`.

Shapes: n buyers, m listings (one a seller), o orders, k bids. Money is int64 ticks. A size of 0
says that a buyer has no task, a candidate or choice of -1 says none.
"""

from econsim.kernels.reference.choice import choose as choose
from econsim.kernels.reference.choice import search as search
from econsim.kernels.reference.choice import subscribe as subscribe
from econsim.kernels.reference.draws import philox4x32 as philox4x32
from econsim.kernels.reference.draws import tasks as tasks
from econsim.kernels.reference.draws import uniform as uniform
from econsim.kernels.reference.expectation import choose_expected as choose_expected
from econsim.kernels.reference.expectation import expected_surplus as expected_surplus
from econsim.kernels.reference.expectation import subscribe_expected as subscribe_expected
from econsim.kernels.reference.gains import maximal_gains as maximal_gains
from econsim.kernels.reference.learning import best_arms as best_arms
from econsim.kernels.reference.learning import draw_arms as draw_arms
from econsim.kernels.reference.learning import exp3 as exp3
from econsim.kernels.reference.learning import hedge as hedge
from econsim.kernels.reference.learning import regrets as regrets
from econsim.kernels.reference.ranking import rank as rank
from econsim.kernels.reference.scores import move_scores as move_scores
