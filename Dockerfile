# The HTTP service, CPU build:  docker build -t spnet . && docker run -p 8000:8000 -e SPNET_TOKEN=... spnet
# For a GPU: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu126, and docker run --gpus all.
FROM python:3.12-slim AS wheel
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY --from=wheel /wheels /wheels
COPY constraints.txt /wheels/
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" -c /wheels/constraints.txt \
      "$(ls /wheels/spnet-*.whl)[serve,openvino,onnx]" \
    && rm -r /wheels \
    && useradd --create-home --uid 10001 spnet
USER spnet
# The network is prepared for this kind of machine once, while the image is made.
RUN python -c "import spnet; spnet.Predictor()"
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz')"]
ENTRYPOINT ["spnet", "serve", "--host", "0.0.0.0"]
