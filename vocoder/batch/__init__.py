"""Thousands of texts to files, unattended: `sonant render`.

lists, parquet, list_entries    what is asked for, line by line
render_orders, names            what a line means: voice, settings, seed, file
render_pool                speaks many at once, on every core
destinations               where files lie: a folder, a store
audio_file_task            a file in the making, with its chapters
subtitle_files             its subtitles
limits                     what counts where nobody says otherwise
record, manifest           what has become of each line
reporting                  records, made
progress                   how far a run is
makers, cluster            who makes the files: this machine, those of a Ray cluster
render                     all of it together
forecast                   what a run would do, and how long it would take
"""
