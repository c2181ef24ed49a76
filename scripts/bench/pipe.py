"""The conversation of peers.py, here and in scripts/gpu, with bench.lua: a line of JSON each way.

Standard output belongs to the replies from the import on; what libraries print goes to stderr.
"""

import json
import os
import signal

replies = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what libraries print must not look like a reply


def reply(**facts):
    replies.write(json.dumps(facts) + "\n")
    replies.flush()


def reply_error(error):
    reply(error=" ".join(f"{type(error).__name__}: {error}".split())[:300])


def requests():
    """Lines of standard input, one byte at a time: the next line may be for another process."""
    line = b""
    while byte := os.read(0, 1):
        if byte != b"\n":
            line += byte
        else:
            yield json.loads(line)
            line = b""


def serve_forked(serve, *arguments):
    """Calls serve in a process of its own and waits for its end, whose reason is a reply."""
    child = os.fork()
    if child == 0:
        try:
            serve(*arguments)
        except BaseException as error:  # the reply is all that is seen of it
            reply_error(error)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        reply(error="ended by " + signal.Signals(os.WTERMSIG(status)).name)
    elif os.WEXITSTATUS(status) != 0:
        reply(error="the process did not answer in time and was ended")
