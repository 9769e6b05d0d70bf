"""The kernels in Numba: bit for bit what `econsim.kernels.reference` gives, on all threads.

Signatures and meaning are those of `reference`. Arithmetic follows the same written order; there
is no fast-math and no fused multiply-add, so that both give the same bits.
"""

from econsim.kernels.compiled.choice import choose as choose
from econsim.kernels.compiled.choice import search as search
from econsim.kernels.compiled.choice import subscribe as subscribe
from econsim.kernels.compiled.draws import philox4x32 as philox4x32
from econsim.kernels.compiled.draws import tasks as tasks
from econsim.kernels.compiled.draws import uniform as uniform
from econsim.kernels.compiled.expectation import choose_expected as choose_expected
from econsim.kernels.compiled.expectation import expected_surplus as expected_surplus
from econsim.kernels.compiled.expectation import subscribe_expected as subscribe_expected
from econsim.kernels.compiled.gains import maximal_gains as maximal_gains
from econsim.kernels.compiled.learning import best_arms as best_arms
from econsim.kernels.compiled.learning import draw_arms as draw_arms
from econsim.kernels.compiled.learning import exp3 as exp3
from econsim.kernels.compiled.learning import hedge as hedge
from econsim.kernels.compiled.learning import regrets as regrets
from econsim.kernels.compiled.ranking import rank as rank
from econsim.kernels.compiled.scores import move_scores as move_scores
