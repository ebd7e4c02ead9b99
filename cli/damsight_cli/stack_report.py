"""A stack and its status, as data and as lines."""

from damsight_devstack import Stack, StackStatus


def environment(stack: Stack) -> dict[str, str]:
    """The settings that point damsight at the stack."""
    return {
        "DAMSIGHT_KAFKA__BOOTSTRAP_SERVERS": stack.kafka_bootstrap,
        "DAMSIGHT_ELASTICSEARCH__URL": stack.elasticsearch_url,
    }


def as_data(stack: Stack) -> dict[str, object]:
    """A stack as JSON prints it."""
    return {
        "folder": str(stack.folder),
        "kafka_bootstrap": stack.kafka_bootstrap,
        "elasticsearch_url": stack.elasticsearch_url,
        "kafka_pid": stack.kafka_pid,
        "elasticsearch_pid": stack.elasticsearch_pid,
        "environment": environment(stack),
    }


def status_as_data(found: StackStatus) -> dict[str, object]:
    """A status as JSON prints it."""
    return {
        "folder": str(found.folder),
        "kafka": found.kafka,
        "elasticsearch": found.elasticsearch,
        "owned": found.owned,
        "stack": as_data(found.stack) if found.stack else None,
    }


def status_lines(found: StackStatus) -> list[str]:
    """A status as a person reads it."""
    lines = [f"kafka          {found.kafka}", f"elasticsearch  {found.elasticsearch}"]
    if found.stack is not None:
        lines[0] += f"  {found.stack.kafka_bootstrap}  (process {found.stack.kafka_pid})"
        lines[1] += f"  {found.stack.elasticsearch_url}  (process {found.stack.elasticsearch_pid})"
    if found.owned and found.stack is not None:
        lines.append("It ends with the program that started it.")
    return [*lines, f"Data and logs: {found.folder}"]
