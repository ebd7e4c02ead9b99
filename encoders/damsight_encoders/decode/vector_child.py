"""The program that draws one SVG: SVG on stdin, PNG on stdout. Arguments: address space in bytes, CPU seconds.

It runs as a file, not as a module, and imports nothing of this package: it starts anew for each drawing.
"""

import resource
import sys

import resvg_py


def main() -> int:
    """Draw; return 1 where it cannot be drawn, with the reason on stderr."""
    for which, limit in ((resource.RLIMIT_AS, int(sys.argv[1])), (resource.RLIMIT_CPU, int(sys.argv[2]))):
        hard = resource.getrlimit(which)[1]
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (allowed, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    markup = sys.stdin.buffer.read().decode()
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=markup, background="#ffffff")
    except ValueError as error:
        sys.stderr.write(str(error)[:300])
        return 1
    sys.stdout.buffer.write(bytes(drawn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
