# vidfx on an NVIDIA GPU. NOT RUN: there was neither Docker nor a GPU where this was written.
# torch's wheels bring CUDA; the host needs the driver and NVIDIA's container toolkit.
#
#   docker build -f docker/cuda.Dockerfile -t vidfx-cuda .
#   docker run --rm --gpus all --user "$(id -u):$(id -g)" -v "$PWD:/data" vidfx-cuda doctor
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/vidfx && /opt/vidfx/bin/pip install --no-cache-dir ".[gpu,text]"

FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libfribidi0 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/vidfx /opt/vidfx
# video: the driver's decoder and encoder, which containers do not get otherwise
ENV PATH=/opt/vidfx/bin:$PATH XDG_CACHE_HOME=/tmp/cache PYTHONDONTWRITEBYTECODE=1 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility,video
WORKDIR /data
ENTRYPOINT ["vidfx"]
CMD ["--help"]
