"""Record linkage on any file: standard columns in, one id per customer out.

A pipeline of pure steps on integer codes, each module usable alone: ``columns`` (what a file
tells) -> ``encode`` (codes and packed text) -> ``block`` (pairs worth comparing) -> ``compare``
(levels of agreement) -> ``train`` (Fellegi-Sunter parameters) -> ``score`` (match weights) ->
``cluster`` (who is one person). ``pipeline.resolve`` runs them all.
"""
