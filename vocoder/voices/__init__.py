"""Voice packs: found, read, checked and written.

library       where voices are looked for
pack          a voice pack's folder: manifest, weights, lexicon
strict_json   types of a config, checked in JSON written by others

`vocoder.load_voice` takes a name or a folder. A `Path`, or a string with a separator in it, is a
folder. A name is never a path; an unknown one is an `InputError` of field `voice`.

An installed package has its voices in the folder `installed` here.
"""
