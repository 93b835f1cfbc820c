# Runs anywhere, and as a Hugging Face Space (sdk: docker, app_port: 8501).
FROM python:3.11-slim

# libgomp: scikit-learn's threads.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home labelaudit

WORKDIR /app
COPY requirements.txt .
# The CPU build first: the default one brings gigabytes of CUDA.
RUN pip install --no-cache-dir --index-url https://download.pytorch.org/whl/cpu \
    $(grep -E '^torch(vision)?==' requirements.txt)
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
RUN pip install --no-cache-dir --no-deps -e . \
    && mkdir -p cache artifacts \
    && chown labelaudit cache artifacts

USER labelaudit
ENV PYTHONUNBUFFERED=1 \
    PORT=8501 \
    LABELAUDIT_PUBLIC=1 \
    STREAMLIT_SERVER_MAX_UPLOAD_SIZE=100 \
    LABELAUDIT_CACHE_DIR=/app/cache \
    LABELAUDIT_ARTIFACTS_DIR=/app/artifacts
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s \
    CMD python -c "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/_stcore/health', timeout=4)"
CMD ["sh", "-c", "exec python -m streamlit run Home.py --server.address 0.0.0.0 --server.port \"$PORT\""]
