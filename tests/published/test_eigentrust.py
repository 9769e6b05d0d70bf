"""EigenTrust against published numbers.

Kamvar, Schlosser & Garcia-Molina (2003) print no worked matrix. With uniform pre-trust their
algorithm 2 is PageRank with damping 1 - weight, so the example is that of Bryan & Leise (2006), The
$25,000,000,000 eigenvector: the linear algebra behind Google, SIAM Review 48(3), sections 2.1 and
3.2: a web of four pages, page i linking to page j alike.
"""

import numpy as np
import pytest
from scipy import sparse

from econsim.trust import eigentrust

LINKS = np.zeros((4, 4))
for page, targets in {1: (2, 3, 4), 2: (3, 4), 3: (1,), 4: (1, 3)}.items():
    LINKS[page - 1, np.array(targets) - 1] = 1


def test_the_web_of_bryan_and_leise():
    found = eigentrust(LINKS, np.ones(4), weight=0.15)
    assert found.round(3).tolist() == [0.368, 0.142, 0.288, 0.202]


def test_the_same_web_without_pre_trust():
    found = eigentrust(sparse.csr_array(LINKS), np.ones(4), weight=0.0)
    assert found == pytest.approx(np.array([12, 4, 9, 6]) / 31, abs=1e-9)


@pytest.mark.parametrize("weight", [0.05, 0.15, 0.5])
def test_it_is_the_leading_eigenvector_of_the_dense_matrix(weight):
    rng = np.random.default_rng(3)
    local = rng.random((12, 12)) * (rng.random((12, 12)) < 0.4)
    np.fill_diagonal(local, 0)
    local[3] = 0  # trusts nobody, so the pre-trusted
    pretrust = np.array([1.0, 1.0, *[0.0] * 10])
    share = pretrust / pretrust.sum()
    rows = np.array([row / row.sum() if row.sum() else share for row in local])
    matrix = (1 - weight) * rows.T + weight * np.outer(share, np.ones(12))
    values, vectors = np.linalg.eig(matrix)
    leading = vectors[:, values.real.argmax()].real
    found = eigentrust(local, pretrust, weight=weight)
    assert found == pytest.approx(leading / leading.sum(), abs=1e-8)
