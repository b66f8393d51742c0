# The service on a CPU, with the default voice inside: docker/README.md tells how to build and run it.
FROM python:3.12 AS build
WORKDIR /sonant
COPY Makefile pyproject.toml constraints.txt CMakeLists.txt README.md LICENSE ./
COPY benchmarks/installed.py benchmarks/
COPY vocoder vocoder
COPY service service
COPY training training
COPY voices voices
ARG EXTRAS=service
RUN make image IMAGE=/opt/sonant IMAGE_EXTRAS="$EXTRAS"

FROM python:3.12-slim
# Neither a compiler nor what it left behind.
COPY --from=build /opt/sonant /opt/sonant
ENV PATH=/opt/sonant/bin:$PATH PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
CMD ["sonant", "serve", "--host", "0.0.0.0", "--port", "8000"]
