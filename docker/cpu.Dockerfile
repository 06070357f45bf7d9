# vidfx on a CPU. NOT RUN: there was no Docker where this was written; its commands ran outside of one.
#
#   docker build -f docker/cpu.Dockerfile -t vidfx .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/data" vidfx annotate recordings -o results
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/vidfx && /opt/vidfx/bin/pip install --no-cache-dir ".[text]"

FROM python:3.11-slim
# joined scripts in names and messages
RUN apt-get update && apt-get install -y --no-install-recommends libfribidi0 && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/vidfx /opt/vidfx
# a user of any number has no home: compiled engines are kept while the container runs
ENV PATH=/opt/vidfx/bin:$PATH XDG_CACHE_HOME=/tmp/cache PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
ENTRYPOINT ["vidfx"]
CMD ["--help"]
