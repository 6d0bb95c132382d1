"""Verse: how words sound, what metre, rhymes and form lines have, and poems written under a form.

from shakespeare.verse.form import form
from shakespeare.verse.scan import scan
from shakespeare.verse.writing import stream_lines

for poem in scan(text, form("shakespearean")):
    print(poem.summary())
for line in stream_lines(model, form("limerick"), seed=3):
    print(line)
"""
