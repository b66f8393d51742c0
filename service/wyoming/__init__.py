"""The Wyoming protocol (https://github.com/OHF-Voice/wyoming), by which Home Assistant speaks:
`sonant serve --wyoming HOST:PORT`, in the process of the frontend, beside HTTP.

events       from bytes to checked events, within limits
info         what `describe` is answered with
connection   one connection: text in, sound out
server       listening and stopping

    in      describe, ping, synthesize, synthesize-start, synthesize-chunk, synthesize-stop
    out     info, pong, audio-start, audio-chunk, audio-stop, synthesize-stopped, error

Only here is the package `wyoming` imported. Its server is not used: it reads without limits, and
hears nothing of a client while it speaks.
"""
