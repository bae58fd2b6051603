"""Configuration: attrs classes in, plain values out, and every fault with its key path."""
