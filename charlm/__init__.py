"""What the two character-level language models share: vocabulary, sampling, generation, corpora.

Nothing here knows a model; a model is anything that offers the three methods of
:class:`charlm.language_model.LanguageModel`.
"""

__version__ = "0.1.0"
