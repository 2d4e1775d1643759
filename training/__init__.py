"""Trains the model that the project ships: synthetic readings in, a model folder out."""
