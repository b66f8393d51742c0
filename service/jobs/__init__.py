"""Many lines, rendered while nobody waits: `POST /jobs`.

requests    what a job may hold, and what is told of one
store       what is known of jobs, in SQLite: a restart goes on where it was
runner      speaks lines, by the worker, in the background of everybody who listens
archive     the files of a job as one stream (zip)
webhooks    tells an address that a job has ended
job_routes  the addresses
"""
