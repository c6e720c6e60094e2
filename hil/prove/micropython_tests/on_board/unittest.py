# As much of unittest as MicroPython's own tests use: it stands on the board as /lib/unittest.py.
# What a run ends with is what judge.py looks for.

import sys


class _Skipped(Exception):
    pass


def skipIf(condition, reason):
    def decorate(test):
        def skipped(self):
            raise _Skipped(reason)

        return skipped if condition else test

    return decorate


class _Raises:
    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _traceback):
        if kind is None:
            raise AssertionError(f"{self.expected} was not raised")
        self.exception = value
        return issubclass(kind, self.expected)


class TestCase:
    def setUp(self):
        pass

    def tearDown(self):
        pass

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def assertTrue(self, value, said=""):
        if not value:
            raise AssertionError(said or f"{value!r} is not true")

    def assertEqual(self, one, other):
        self.assertTrue(one == other, f"{one!r} is not equal to {other!r}")

    def assertLessEqual(self, one, other):
        self.assertTrue(one <= other, f"{one!r} is more than {other!r}")

    def assertIn(self, member, container):
        self.assertTrue(member in container, f"{member!r} is not in {container!r}")

    def assertIsInstance(self, value, kind):
        self.assertTrue(isinstance(value, kind), f"{value!r} is no {kind!r}")

    def assertRaises(self, expected):
        return _Raises(expected)


def _run(test_class, name):
    case = test_class()
    case.setUp()
    try:
        getattr(case, name)()
    finally:
        case.tearDown()


def main():
    tests, ran, failures, errors, skipped = __import__("__main__"), 0, 0, 0, 0
    for each in dir(tests):
        test_class = getattr(tests, each)
        if not isinstance(test_class, type) or not issubclass(test_class, TestCase) or test_class is TestCase:
            continue
        test_class.setUpClass()
        for name in dir(test_class):
            if not name.startswith("test"):
                continue
            ran += 1
            print(f"{name} ({each}) ...", end="")
            try:
                _run(test_class, name)
                print(" ok")
            except _Skipped as reason:
                skipped += 1
                print(" skipped:", reason)
            except Exception as error:
                failures += isinstance(error, AssertionError)
                errors += not isinstance(error, AssertionError)
                print(" failed")
                sys.print_exception(error)
        test_class.tearDownClass()
    print("-" * 70)
    print(f"Ran {ran} tests\n")
    if failures or errors:
        print(f"FAILED (failures={failures}, errors={errors})")
    else:
        print(f"OK (skipped={skipped})" if skipped else "OK")
