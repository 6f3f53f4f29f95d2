import pytest

from tests.proofs.fuzz import PROOFS, prove


@pytest.mark.parametrize("name", PROOFS)
def test_nothing_comes_out_but_values_and_our_own_errors(name):
    prove(name, 300)
