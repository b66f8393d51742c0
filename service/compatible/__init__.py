"""Other services' HTTP APIs, so that their clients speak with Sonant unchanged: each turns its own
request into the one that `service.http.speech_responder` answers.

openai_routes    /v1/audio/speech, /v1/models, /v1/audio/voices
piper_routes     POST /
coqui_routes     GET /api/tts
"""
