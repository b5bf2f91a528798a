#!/usr/bin/env python3
"""Makes a SPIFFS image of a folder: spiffs-image.py NODEMCU IMAGE_SIZE FOLDER OUTPUT.

NODEMCU is the NodeMCU source tree, whose ESP-IDF has the generator. That one stores each name with a leading slash, under which
NodeMCU does not find it ("/init.lua" and "init.lua" are different files there), so the slash is taken off here.
"""
import os
import sys

sys.path.insert(0, os.path.join(sys.argv[1], "sdk/esp32-esp-idf/components/spiffs"))
import spiffsgen  # noqa: E402

create_file = spiffsgen.SpiffsFS.create_file
spiffsgen.SpiffsFS.create_file = lambda fs, name, path: create_file(fs, name.lstrip("/"), path)
sys.argv[1:] = sys.argv[2:]
spiffsgen.main()
