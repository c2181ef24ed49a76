"""Prints what TensorBoard reads in a folder, as JSON: {curve: [[step, value, seconds], ...]}.

    tensorboard_peer.py version
    tensorboard_peer.py FOLDER
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
from tensorboard import version
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

if sys.argv[1] == "version":
    print(version.VERSION)
else:
    events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
    events.Reload()
    curves = {
        tag: [[e.step, e.value, e.wall_time] for e in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }
    print(json.dumps(curves))
