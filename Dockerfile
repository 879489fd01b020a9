# syntax=docker/dockerfile:1
# The image of Caretaker: `make image`. docs/operations/container.md says how to run it.

ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.lock /tmp/
# Every package has a wheel, so no compiler is needed.
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: --requirement /tmp/requirements.lock
WORKDIR /opt/caretaker
COPY . .
# VAR_DIR of the image stays empty: it becomes a volume, with keys of its own.
RUN /opt/venv/bin/python -m config.compile_messages \
    && VAR_DIR=/tmp/var STATIC_ROOT=/opt/static /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q backoffice config facility supportdesk \
    && chmod -R a+rX /opt/static /opt/caretaker

FROM python:${PYTHON_VERSION}-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 \
    VAR_DIR=/var/lib/caretaker STATIC_ROOT=/opt/static
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent caretaker \
    && install --directory --owner=caretaker --mode=700 /var/lib/caretaker
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/static /opt/static
COPY --from=build /opt/caretaker /opt/caretaker
WORKDIR /opt/caretaker
USER 10001
VOLUME /var/lib/caretaker
EXPOSE 8000
# Any response shows that it serves: ALLOWED_HOSTS and HTTPS decide which one.
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import http.client, os, sys; \
client = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=5); \
client.request('HEAD', '/sign-in'); sys.exit(client.getresponse().status >= 500)"]
CMD ["gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"]
