import pytest

from tests.declared_catalogue import DeclaredCatalogue


@pytest.fixture(scope="session")
def catalogue():
    return DeclaredCatalogue()
