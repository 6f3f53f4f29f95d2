"""No secret gets out, whatever form it takes and whichever way it goes."""

import pytest

from casare_robot.observability import secret_mask
from casare_robot.observability.secret_mask import SecretMask
from tests.proofs.secret_canaries import CANARIES, ENCODINGS, leaks


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_none_of_200_canaries_is_found_in_anything_written(tmp_path, encoding):
    found, size = leaks(tmp_path, SecretMask(), encoding)

    assert found == []
    assert size > CANARIES * 1000


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_the_proof_has_teeth_without_a_mask_every_canary_is_found(tmp_path, encoding):
    class Blind(SecretMask):
        def register(self, value, *, for_good=False):
            pass

    found, _ = leaks(tmp_path, Blind(), encoding)

    assert len(found) > CANARIES * 0.9


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "raw"])
async def test_the_proof_has_teeth_a_mask_of_plain_secrets_misses_their_forms(
    tmp_path, encoding, monkeypatch
):
    monkeypatch.setattr(secret_mask, "forms_of", lambda secret: frozenset({secret}))

    found, _ = leaks(tmp_path, SecretMask(), encoding)

    assert found
