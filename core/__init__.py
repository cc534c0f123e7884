"""The engine: data, training, evaluation and analysis. It knows no Qt and runs headless."""
