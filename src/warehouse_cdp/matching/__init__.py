"""Record linkage on any file: standard columns in, one id per customer out.

A pipeline of pure steps on integer codes, each module usable alone: ``columns`` (what a file
tells) -> ``encode`` (codes and packed text) -> ``block`` (pairs worth comparing) -> ``compare``
(levels of agreement) -> ``train`` (Fellegi-Sunter parameters) -> ``settle`` (what EM cannot tell
of single columns) -> ``score``, ``sources`` (match weights) -> ``decide``, ``cluster`` (who is one
person). ``weighing.gather`` runs them up to the weights, ``pipeline.resolve`` all.
"""
