"""Voice packs: found, read, checked and written.

library       where voices are looked for
pack          a voice pack's folder: manifest, weights, lexicon
strict_json   types of a config, checked in JSON written by others

An installed package has its voices in the folder `installed` here.
"""
