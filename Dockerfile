# The command alone, as a user without rights. Build: docker build -t provenance .
# Run: docker run --rm --network none --user "$(id -u)" -v "$PWD:/data" provenance gate photos --purpose MODEL_TRAINING
# Another image with Python 3.11 or newer will do: --build-arg PYTHON=registry.example/python:3.12
ARG PYTHON=python:3.13-slim
FROM ${PYTHON} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY provenance provenance
RUN python -m venv /opt/provenance && /opt/provenance/bin/pip install --no-cache-dir '.[parquet,heif,report]'

FROM ${PYTHON}
COPY --from=build /opt/provenance /opt/provenance
RUN useradd --create-home --uid 10001 provenance
USER provenance
WORKDIR /data
ENTRYPOINT ["/opt/provenance/bin/provenance"]
CMD ["--help"]
