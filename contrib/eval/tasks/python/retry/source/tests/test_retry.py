import os
import unittest

from client.retry import retry


class Service:
    """Fails as often as told, then answers."""

    def __init__(self, failures, error=OSError):
        self.failures, self.error, self.calls, self.pauses = failures, error, 0, []

    def __call__(self):
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error(f"call {self.calls}")
        return "here"


class Retry(unittest.TestCase):
    def test_at_once(self):
        service = Service(0)
        self.assertEqual(retry(3, service, sleep=service.pauses.append), "here")
        self.assertEqual(service.pauses, [])

    def test_the_last_attempt_counts(self):
        service = Service(2)
        self.assertEqual(retry(3, service, sleep=service.pauses.append), "here")
        self.assertEqual(service.pauses, [0.1, 0.2])

    def test_the_last_error_comes_through(self):
        service = Service(9)
        with self.assertRaisesRegex(OSError, "call 3"):
            retry(3, service, sleep=service.pauses.append)
        self.assertEqual(len(service.pauses), 2)

    def test_other_errors_at_once(self):
        service = Service(9, KeyError)
        with self.assertRaises(KeyError):
            retry(3, service, sleep=service.pauses.append)
        self.assertEqual(service.calls, 1)

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
