"""Poems from a stacked LSTM in Keras that has read Shakespeare."""
