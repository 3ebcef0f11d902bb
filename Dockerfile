# Two images from one file, without a compiler, pip or tests inside; each runs as 10001 and on a read-only root file system:
#   docker build --target middleware -t historia-clinica/middleware .     the API
#   docker build --target hooks      -t historia-clinica/hooks .          the Jobs
# The optional build secrets `pip` (a pip.conf) and `ca` (a certificate bundle) serve machines behind a proxy; they leave no trace.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim

FROM ${PYTHON_IMAGE} AS tools
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/build.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    python3 -m venv /tools && python3 -m venv --without-pip /opt/historia \
 && /tools/bin/pip install -q --no-deps --require-hashes -r requirements/build.txt

FROM tools AS build-middleware
COPY requirements/middleware.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    /tools/bin/pip --python /opt/historia install -q --no-deps --require-hashes -r requirements/middleware.txt
COPY middleware/ middleware/
RUN /tools/bin/pip wheel -q --no-deps --no-build-isolation -w /wheels ./middleware \
 && /tools/bin/pip --python /opt/historia install -q --no-deps --no-index /wheels/*.whl \
 && /tools/bin/pip --python /opt/historia check

FROM tools AS build-hooks
COPY requirements/hooks.txt requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    /tools/bin/pip --python /opt/historia install -q --no-deps --require-hashes -r requirements/hooks.txt
COPY hooks/ hooks/
RUN /tools/bin/pip wheel -q --no-deps --no-build-isolation -w /wheels ./hooks \
 && /tools/bin/pip --python /opt/historia install -q --no-deps --no-index /wheels/*.whl \
 && /tools/bin/pip --python /opt/historia check

FROM ${PYTHON_IMAGE} AS runtime
# what the base brings and nothing here runs: an image without an installer cannot be made to install
RUN python3 -m pip --version >/dev/null 2>&1 && python3 -m pip uninstall -q -y --root-user-action=ignore setuptools wheel pip || true
ENV PATH=/opt/historia/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp

FROM runtime AS hooks
COPY --from=build-hooks /opt/historia /opt/historia
ENTRYPOINT ["historia-hooks"]
CMD ["--help"]

FROM runtime AS middleware
COPY --from=build-middleware /opt/historia /opt/historia
EXPOSE 8080
ENTRYPOINT ["gunicorn", "-c", "python:historia_clinica.gunicorn_conf", "historia_clinica.wsgi:app"]
