# The command alone, as a user without rights. Build: docker build -t provenance .
# Run: docker run --rm --network none -v "$PWD:/data" provenance gate photos --manifest manifest.jsonl --purpose MODEL_TRAINING
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY provenance provenance
RUN python -m venv /opt/provenance && /opt/provenance/bin/pip install --no-cache-dir '.[parquet,heif,report]'

FROM python:3.13-slim
COPY --from=build /opt/provenance /opt/provenance
RUN useradd --create-home --uid 10001 provenance
USER provenance
WORKDIR /data
ENTRYPOINT ["/opt/provenance/bin/provenance"]
CMD ["--help"]
