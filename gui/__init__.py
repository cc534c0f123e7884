"""The window: what a person sees. It reads the engine and never imports the networks."""
