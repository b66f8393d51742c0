"""Thousands of texts to files, unattended: `sonant render`.

lists, parquet, list_entries    what is asked for, line by line
render_orders, names            what a line means: voice, settings, seed, file
render_pool                speaks many at once, on every core
destinations               where files lie: a folder, a store
audio_file_task            a file in the making, with its chapters
subtitle_files             its subtitles
limits                     defaults of limits
record, manifest           what has become of each line
reporting                  records, made
progress                   how far a run is
makers, cluster            who makes the files: this machine, those of a Ray cluster
render                     all of it together
forecast                   what a run would do, and how long it would take

`render` decides which files are missing: list, manifest, duplicates, failures. A `Maker` makes
them: `LocalMaker` here, `ClusterMaker` by Ray actors that each hold a `LocalMaker`. So a cluster
gives the bytes of one machine. Only the calling process writes the manifest. A worker that dies
loses what it was making, which another makes again. A file depends on its order alone, and is there
whole or not at all.

Each thread of `render_pool` has an engine, and threads hand utterances to each other between two
chunks. So conditioning, decoding and writing run beside generation.
"""
