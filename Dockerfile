# The service on a CPU, with the default voice inside: docker/README.md tells how to build and run it.
FROM python:3.11 AS build
# Where pip looks for torch's CPU build; without it pip installs the one with CUDA.
ARG PIP_EXTRA_INDEX_URL
WORKDIR /sonant
COPY Makefile pyproject.toml constraints.txt CMakeLists.txt README.md LICENSE ./
COPY vocoder vocoder
COPY service service
COPY training training
RUN make setup EXTRAS="service telemetry"

FROM python:3.11-slim
WORKDIR /sonant
COPY --from=build /sonant /sonant
COPY voices voices
ENV PATH=/sonant/.venv/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
CMD ["sonant", "serve", "--host", "0.0.0.0", "--port", "8000"]
