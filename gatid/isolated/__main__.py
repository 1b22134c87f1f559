"""`python -m gatid.isolated SOCKET PARENT`: how a worker starts the process of a module."""

import sys

from gatid.isolated.life import live

live(int(sys.argv[1]), int(sys.argv[2]))
