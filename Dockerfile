# Airflow with Ratchet and its lock, from this repository. Built by docker-compose.yaml.
FROM python:3.11-slim-bookworm

RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 50000 ratchet
WORKDIR /opt/ratchet
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --no-deps .
COPY dags dags
COPY plugins plugins
COPY include include
# A volume takes its owner from the folder that it is mounted on: one that is not here would be root's.
RUN mkdir -p var /opt/airflow/logs && chown -R ratchet var /opt/airflow
USER ratchet
ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/ratchet/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/ratchet/plugins \
    RATCHET_PROJECT=/opt/ratchet \
    RATCHET_HOME=/opt/ratchet/var \
    PYTHONUNBUFFERED=1
ENTRYPOINT ["airflow"]
