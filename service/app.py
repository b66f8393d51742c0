"""The application: routes, errors, and a worker that lives as long as it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from service.compatible.coqui_routes import make_coqui_router
from service.compatible.openai_routes import SpeechRequest, check_openai_voices, make_openai_router
from service.compatible.piper_routes import PiperRequest, make_piper_router
from service.frontend.lexicon_store import LexiconStore
from service.frontend.speech_backend import SpeechBackend
from service.frontend.supervisor import Supervisor
from service.http.error_responses import answer_errors
from service.http.head import HeadMiddleware
from service.http.lexicon_routes import WordRequest, make_lexicon_router
from service.http.middleware import RequestMiddleware
from service.http.openapi import complete_document, operation_id
from service.http.routes import make_router
from service.http.schemas import PhonemizeRequest, SynthesizeRequest
from service.http.score_routes import make_score_router
from service.http.speech_responder import SpeechResponder
from service.jobs.job_routes import make_jobs_router
from service.jobs.jobs import Jobs
from service.jobs.requests import JobLine, JobRequest
from service.keys import ApiKeys
from service.observability.trace_setup import make_traces
from service.observability.traces import NO_TRACES, Traces
from service.page.page_routes import make_page_router
from service.settings import ServiceSettings

# What pages of other origins may read of an answer beside its body.
READABLE = (
    "Accept-Ranges", "Content-Location", "Content-Range", "ETag", "Retry-After", "X-Ignored",
    "X-Queued-Seconds",    "X-Request-Id", "X-Sample-Rate", "X-Seed", "X-Skipped",
    "X-Stream-Id",
)  # fmt: skip
PREFLIGHT_SECONDS = 600  # that a browser may remember what it was allowed


def create_app(
    settings: ServiceSettings | None = None,
    *,
    worker: SpeechBackend | None = None,
    traces: Traces = NO_TRACES,
) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: of the service; defaults where None.
        worker: who speaks, already started; whoever started it stops it. Where None, the
            application's life cycle starts and stops its own.
        traces: that the worker tells of its streams; where it has none given, the application makes
            and closes those that the settings ask for.
    """
    settings = settings or ServiceSettings()
    if worker is not None:
        return _assemble(settings, worker, traces, owns_worker=False)
    traces = make_traces(settings)
    return _assemble(settings, Supervisor(settings, traces=traces), traces, owns_worker=True)


def _assemble(
    settings: ServiceSettings, worker: SpeechBackend, traces: Traces, *, owns_worker: bool
) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if not owns_worker:
            async with running():
                yield
            return
        await asyncio.to_thread(worker.start)
        try:
            check_openai_voices(settings, worker.voices)
            await asyncio.to_thread(lexicons.load, worker.voices)
            async with running():
                yield
        finally:
            await asyncio.to_thread(worker.stop)
            await asyncio.to_thread(traces.close)

    app = FastAPI(
        title="Sonant",
        description="Text-to-speech with a WaveNet, streamed as it is generated.",
        version=version("sonant"),
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        # The pages that FastAPI would show fetch their scripts from elsewhere; /openapi.json says
        # the same.
        docs_url=None,
        redoc_url=None,
        # FastAPI's own would tell every request twice where there are traces, and messages of
        # exceptions, in which there may be text.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    lexicons = LexiconStore(settings.lexicons, text_limit=settings.text_limit)
    if not owns_worker:
        check_openai_voices(settings, worker.voices)
        lexicons.load(worker.voices)
    responder = SpeechResponder(worker, settings, lexicons)
    jobs = None if settings.jobs is None else Jobs(settings.jobs, worker, settings, lexicons)
    running = nullcontext if jobs is None else jobs.running
    app.include_router(make_router(worker, settings, responder, lexicons))
    app.include_router(make_lexicon_router(lexicons, settings))
    app.include_router(make_openai_router(worker, settings, responder))
    app.include_router(make_piper_router(worker, settings, responder))
    app.include_router(make_coqui_router(worker, responder))
    app.include_router(make_score_router(worker, settings))
    app.include_router(make_jobs_router(jobs, worker, settings))
    app.include_router(make_page_router())
    complete_document(
        app,
        (
            SynthesizeRequest,
            PhonemizeRequest,
            SpeechRequest,
            PiperRequest,
            WordRequest,
            JobRequest,
            JobLine,
        ),
        needs_key=settings.key_file is not None,
        guard_metrics=settings.guard_metrics,
    )
    app.state.lexicons = lexicons
    app.state.parsing = asyncio.Semaphore(1)
    answer_errors(app)
    app.add_middleware(HeadMiddleware)
    keys = None if settings.key_file is None else ApiKeys.read(settings.key_file)
    app.add_middleware(
        RequestMiddleware,
        keys=keys,
        charge=worker.request,
        root_path=settings.root_path,
        held_bodies_limit=settings.held_bodies_limit,
        guard_metrics=settings.guard_metrics,
        allow_origins=settings.allow_origins,
        traces=traces,
    )
    if settings.allow_origins:  # outermost: a browser asks beforehand, without a key
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allow_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=READABLE,
            max_age=PREFLIGHT_SECONDS,
        )
    return app
