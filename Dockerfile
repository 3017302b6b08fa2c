# The workbench in a container. Publish it to this machine only, and keep the data outside:
#   docker build -t quellwerk .
#   docker run --rm -p 127.0.0.1:8501:8501 -v quellwerk:/data quellwerk
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 QUELLWERK_DATA=/data
WORKDIR /workbench

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
RUN useradd --create-home --uid 1000 analyst && mkdir /data && chown analyst /data
USER analyst
VOLUME /data
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/v1/health', timeout=4)"]
# Inside its container it must listen on every address; -p above decides who reaches it.
CMD ["python", "cli.py", "serve", "--host", "0.0.0.0", "--port", "8501"]
