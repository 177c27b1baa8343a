import os
import resource
import subprocess
import sys
import tempfile
import unittest


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


class Heads(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def heads(self, texts):
        paths = []
        for number, text in enumerate(texts):
            paths.append(os.path.join(self.folder, f"{number:04}.log"))
            with open(paths[-1], "w") as file:
                file.write(text)
        done = subprocess.run(
            [sys.executable, "heads.py"],
            input="\n".join(paths), capture_output=True, text=True, check=True, preexec_fn=few_files,
        )
        return [line.partition(": ")[2] for line in done.stdout.splitlines()]

    def test_some(self):
        self.assertEqual(self.heads(["one\ntwo\n", "", "last"]), ["one", "", "last"])

    def test_more_than_may_be_open_at_once(self):
        self.assertEqual(self.heads([f"{n}\n" for n in range(200)]), [str(n) for n in range(200)])
