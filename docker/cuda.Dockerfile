# Training on a GPU: docker/README.md tells how to build and run it.
FROM python:3.11 AS build
WORKDIR /sonant
COPY Makefile pyproject.toml constraints.txt CMakeLists.txt README.md LICENSE ./
COPY vocoder vocoder
COPY service service
COPY training training
RUN make setup EXTRAS="service codecs telemetry wyoming reference analysis train measure gpu"

FROM python:3.11-slim
WORKDIR /sonant
COPY --from=build /sonant /sonant
COPY voices voices
# The libraries of CUDA came with torch; the driver comes from the host.
ENV PATH=/sonant/.venv/bin:$PATH PYTHONUNBUFFERED=1 NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
ENTRYPOINT ["sonant-train"]
CMD ["--help"]
