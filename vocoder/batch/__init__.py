"""Thousands of texts to files, unattended: `sonant render`.

lists, parquet, entries    what is asked for, line by line
orders, seeds, names       what a line means: voice, settings, seed, file
studio                     speaks many at once, on every core
files                      where files lie: a folder, a store
take                       a file in the making, with its chapters
beside                     its subtitles
limits                     what counts where nobody says otherwise
record, manifest           what has become of each line
reporting                  records, made
progress                   how far a run is
making, cluster            who makes the files: this machine, those of a Ray cluster
render                     all of it together
forecast                   what a run would do, and how long it would take
"""
