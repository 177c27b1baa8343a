"""The hooks. This module is imported by every `chorus` call, so it imports nothing heavy."""

from collections.abc import Callable
from typing import Any

from chorus_hooks import API_VERSION, hookimpl
from chorus_hooks.command import Command
from chorus_hooks.members import Member
from chorus_hooks.service import Service
from chorus_hooks.setting import Config, Setting, text
from chorus_hooks.task import Task
from chorus_plugin_hello.greeter import Greeter, greeting

CHORUS_API = API_VERSION

NAME: Setting[str] = Setting("CHORUS_HELLO_NAME", text, "world", "Whom `chorus hello` greets")


@hookimpl
def chorus_register_settings(register: Callable[[Setting[Any]], None]) -> None:
    register(NAME)


@hookimpl
def chorus_register_commands(register: Callable[[Command], None]) -> None:
    register(Command("hello", "chorus_plugin_hello.cli:hello", "Greet, from a third-party plugin"))


@hookimpl
def chorus_register_services(register: Callable[[Service], None], config: Config) -> None:
    register(Service("hello", provides=Greeter, factory=lambda _: greeting(config[NAME])))


@hookimpl
def chorus_on_task_changed(task: Task) -> None:
    greeted.append(f"hello, {task.id}: {task.state}")


@hookimpl
def chorus_on_peer_changed(member: Member) -> None:
    greeted.append(f"hello, {member.agent_id}: {member.state}")


greeted: list[str] = []
