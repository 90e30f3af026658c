"""Answers one request a line with verify.py's own functions, so that thousands of bundles need one process."""

import importlib.util
import json
import sys
import traceback

specification = importlib.util.spec_from_file_location("verify", sys.argv[1])
verify = importlib.util.module_from_spec(specification)
specification.loader.exec_module(verify)

for line in sys.stdin:
    request = json.loads(line)
    try:
        trust = verify.parse_trust(request["trust"]) if request["trust"] else None
        checkpoint = None if request["checkpoint"] is None else bytes.fromhex(request["checkpoint"])
        answer = verify.verify(request["path"], trust, checkpoint)
        answer["headline"] = verify.headline(answer)
    except verify.NoBundle as error:
        answer = {"refused": str(error)}
    except Exception:
        answer = {"crashed": traceback.format_exc()}
    print(json.dumps(answer), flush=True)
