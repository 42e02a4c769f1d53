"""Words and phrases that carry meaning for triage, per language: general language, no data set's own words.

Pattern syntax, one pattern per comma or line: words separated by spaces; ``word*`` is any word that
starts so; ``#`` a word that starts with a digit; ``_`` any one word. Chinese patterns are substrings.
"""
