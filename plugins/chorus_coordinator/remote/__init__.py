"""The output of tasks from and for peers, over `/chorus/log/1`."""
